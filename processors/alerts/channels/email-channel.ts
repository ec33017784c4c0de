/**
 * Alerts by e-mail: text and HTML, the report attached if there is one. A connection for each mail:
 * alerts are rare, and one that stalls is simply closed.
 */
import { open } from 'node:fs/promises'
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { createTransport, type SendMailOptions, type Transporter } from 'nodemailer'
import type { Config } from '../../../streams/config.ts'
import { CandlewireError, messageOf } from '../../../streams/errors.ts'
import { headline, htmlBody, textBody } from './alert-text.ts'
import { DeliveryError, withoutSecrets, type AlertMessage, type Channel } from './channel.ts'

/** A larger report is named in the mail and not attached: servers refuse mails of more than 20 MB or so. */
const ATTACHMENT_BYTES_MAX = 10 * 1024 * 1024

export type MailSettings = Pick<
  Config,
  | 'smtpHost'
  | 'smtpPort'
  | 'smtpSecurity'
  | 'smtpCaFile'
  | 'smtpUser'
  | 'smtpPassword'
  | 'alertEmailFrom'
  | 'alertEmailTo'
  | 'alertTimeoutMs'
>

/**
 * @returns undefined if no mail server is configured.
 * @throws CandlewireError CONFIG_INVALID if a server is configured and nobody to write to.
 */
export function emailChannel(settings: MailSettings): Channel | undefined {
  if (settings.smtpHost === '') return undefined
  if (settings.alertEmailTo === '')
    throw new CandlewireError('CONFIG_INVALID', 'SMTP_HOST is set and ALERT_EMAIL_TO is empty')
  const secrets = [settings.smtpPassword, encoded(settings)]
  return {
    name: 'email',
    close: () => undefined,
    async send(message, signal) {
      const transport = createTransport(transportOptions(settings))
      try {
        await raceAbort(transport, await mailOf(settings, message), signal)
      } catch (thrown) {
        throw deliveryError(thrown, secrets)
      } finally {
        transport.close()
      }
    },
  }
}

const encoded = ({ smtpUser, smtpPassword }: MailSettings): string =>
  Buffer.from(`\0${smtpUser}\0${smtpPassword}`).toString('base64')

function transportOptions(settings: MailSettings) {
  const { smtpHost, smtpPort, smtpSecurity, smtpCaFile, smtpUser, smtpPassword } = settings
  const { alertTimeoutMs } = settings
  return {
    host: smtpHost,
    port: smtpPort,
    secure: smtpSecurity === 'tls',
    requireTLS: smtpSecurity === 'starttls',
    ignoreTLS: smtpSecurity === 'none',
    ...(smtpUser === '' ? {} : { auth: { user: smtpUser, pass: smtpPassword } }),
    tls: {
      minVersion: 'TLSv1.2' as const,
      ...(smtpCaFile === '' ? {} : { ca: certificate(smtpCaFile) }),
    },
    connectionTimeout: alertTimeoutMs,
    greetingTimeout: alertTimeoutMs,
    socketTimeout: alertTimeoutMs,
    dnsTimeout: alertTimeoutMs,
    disableUrlAccess: true,
    disableFileAccess: true,
  }
}

function certificate(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (thrown) {
    throw new DeliveryError(`SMTP_CA_FILE cannot be read: ${messageOf(thrown)}`, {
      retryable: false,
    })
  }
}

async function mailOf(settings: MailSettings, message: AlertMessage): Promise<SendMailOptions> {
  const { alert, idempotenceKey } = message
  const report = await reportOf(message.reportPath)
  return {
    from: settings.alertEmailFrom,
    to: settings.alertEmailTo.split(',').map((address) => address.trim()),
    subject: headline(alert),
    text: report.note === '' ? textBody(message) : `${textBody(message)}\n\n${report.note}`,
    html: htmlBody(message),
    // The same at every attempt: mail programs show one of two equal ones.
    messageId: `<${idempotenceKey}@candlewire>`,
    headers: { 'X-Candlewire-Fingerprint': alert.fingerprint },
    attachments: report.attachments,
  }
}

/** A report that is not there, or too large, must not keep the alert back. */
async function reportOf(path: string | undefined) {
  if (path === undefined) return { note: '', attachments: [] }
  const filename = basename(path)
  try {
    const file = await open(path, 'r')
    try {
      const { size } = await file.stat()
      if (size > ATTACHMENT_BYTES_MAX)
        return { note: `The report ${filename} is too large to attach.`, attachments: [] }
      const content = await file.readFile()
      return { note: '', attachments: [{ filename, content, contentType: 'text/html' }] }
    } finally {
      await file.close()
    }
  } catch {
    return { note: `The report ${filename} is not there.`, attachments: [] }
  }
}

async function raceAbort(
  transport: Transporter,
  mail: SendMailOptions,
  signal: AbortSignal,
): Promise<void> {
  const stopped = new Promise<never>((_, reject) => {
    const stop = () => {
      transport.close()
      reject(new DeliveryError('no answer in time', { retryable: true }))
    }
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
  const sending = transport.sendMail(mail)
  // Whichever is second has nobody waiting for it.
  sending.catch(() => undefined)
  await Promise.race([sending, stopped])
}

function deliveryError(thrown: unknown, secrets: readonly string[]): DeliveryError {
  if (thrown instanceof DeliveryError) return thrown
  const { code, responseCode } = thrown as { code?: string; responseCode?: number }
  const isFinal = code === 'EAUTH' || code === 'EENVELOPE' || code === 'ETLS'
  const isRefused = responseCode !== undefined && responseCode >= 500
  return new DeliveryError(withoutSecrets(messageOf(thrown), secrets), {
    retryable: !(isFinal || isRefused),
  })
}

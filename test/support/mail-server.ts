/** A mail server on loopback: takes mails in, with TLS and a password, and stalls or refuses on demand. */
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'

export const CERTIFICATE = join(import.meta.dirname, 'tls/localhost.cert.pem')
const KEY = join(import.meta.dirname, 'tls/localhost.key.pem')

export interface MailServer {
  readonly port: number
  /** Raw mails as they came. */
  readonly mails: string[]
  /** Whether each came over TLS, and who sent it. */
  readonly sessions: { readonly secure: boolean; readonly user: string }[]
  close(): Promise<void>
}

export async function startMailServer(
  options: {
    readonly tls?: 'starttls' | 'tls'
    readonly auth?: { readonly user: string; readonly password: string }
    /** Called with the end of a mail; not calling `answer` stalls. */
    readonly onMail?: (answer: (error?: Error) => void) => void
  } = {},
): Promise<MailServer> {
  const mails: string[] = []
  const sessions: MailServer['sessions'] = []
  const { tls, auth, onMail = (answer) => answer() } = options
  const settings: SMTPServerOptions = {
    secure: tls === 'tls',
    key: readFileSync(KEY, 'utf8'),
    cert: readFileSync(CERTIFICATE, 'utf8'),
    disabledCommands: tls === undefined ? ['STARTTLS'] : [],
    authOptional: auth === undefined,
    logger: false,
    disableReverseLookup: true,
    onAuth({ username, password }, _session, callback) {
      if (username === auth?.user && password === auth?.password) callback(null, { user: username })
      else callback(new Error('Invalid username or password'))
    },
    onData(stream, session, callback) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        onMail((error) => {
          if (error === undefined) {
            mails.push(Buffer.concat(chunks).toString('utf8'))
            sessions.push({ secure: session.secure, user: String(session.user ?? '') })
          }
          callback(error)
        })
      })
    },
  }
  const server = new SMTPServer(settings)
  server.on('error', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  const { port } = server.server.address() as AddressInfo
  return {
    port,
    mails,
    sessions,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

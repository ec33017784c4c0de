/** The channels against servers on loopback that do what such servers do when they are unwell. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { CERTIFICATE, startMailServer } from '../../../test/support/mail-server.ts'
import { ok, refuse, stall, startWebHookServer } from '../../../test/support/web-hook-server.ts'
import { loadConfig } from '../../../streams/config.ts'
import { raised } from '../alert.ts'
import { messageFor } from '../delivery/alert-message.ts'
import type { AlertMessage, Channel } from './channel.ts'
import { emailChannel } from './email-channel.ts'
import { slackChannel } from './slack-channel.ts'
import { signature, webhookChannel } from './webhook-channel.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

const alert = raised({
  kind: 'degradation',
  subject: 'SPX500_USD',
  identity: { model: 'forward_return_30', version: '1.2.0' },
  eventTimeMs: Date.UTC(2025, 2, 7, 15),
  message: 'RMSE <0.153> & 31 % above its test; zero forecast 0.151',
  value: 0.153,
  threshold: 0.14,
  reportFile: 'report.html',
})
const dataDir = mkdtempSync(join(tmpdir(), 'alerts-'))
const config = { dataDir, alertRunbookUrl: 'https://example.org/main/' }
const message: AlertMessage = { ...messageFor(config, alert, '0/1/x'), reportPath: undefined }
const send = (channel: Channel | undefined, timeoutMs = 5_000, what = message) =>
  channel!.send(what, AbortSignal.timeout(timeoutMs))

async function mailServer(...options: Parameters<typeof startMailServer>) {
  const server = await startMailServer(...options)
  closing.push(() => server.close())
  const settings = (more: Readonly<Record<string, string>> = {}) =>
    loadConfig({
      SMTP_HOST: '127.0.0.1',
      SMTP_PORT: String(server.port),
      SMTP_SECURITY: 'none',
      ALERT_EMAIL_TO: 'desk@example.org, night@example.org',
      ALERT_TIMEOUT_MS: '2000',
      ...more,
    })
  return { server, settings }
}
async function hooks(...answers: Parameters<typeof startWebHookServer>) {
  const server = await startWebHookServer(...answers)
  closing.push(() => server.close())
  return server
}

describe('e-mail', () => {
  it('carries text, HTML and the report, and nothing of an alert becomes markup', async () => {
    const { server, settings } = await mailServer()
    const reportPath = join(dataDir, 'report.html')
    writeFileSync(reportPath, '<html>drift</html>')
    closing.push(() => rmSync(reportPath))
    await send(emailChannel(settings()), 5_000, { ...message, reportPath })
    const [mail = ''] = server.mails
    const plain = mail.replaceAll('=\r\n', '')
    expect(plain).toMatch(/^To: desk@example.org, night@example.org\r$/m)
    expect(plain).toMatch(/^Subject: \[Candlewire\] warning: degradation SPX500_USD\r$/m)
    expect(plain).toContain(`Message-ID: <${message.idempotenceKey}@candlewire>`)
    expect(plain).toContain('RMSE &lt;0.153&gt; &amp; 31 % above its test')
    expect(plain).toContain('https://example.org/main/docs/runbooks/degradation.md')
    expect(plain).toContain('filename=report.html')
    expect(plain).toContain(Buffer.from('<html>drift</html>').toString('base64'))
  })

  it('says so where the report is not there', async () => {
    const { server, settings } = await mailServer()
    await send(emailChannel(settings()), 5_000, {
      ...message,
      reportPath: join(dataDir, 'no.html'),
    })
    expect(server.mails[0]).toContain('The report no.html is not there.')
  })

  it.each(['starttls', 'tls'] as const)('goes over %s with a password', async (tls) => {
    const auth = { user: 'candlewire', password: 'hunter2-hunter2' }
    const { server, settings } = await mailServer({ tls, auth })
    const secured = {
      SMTP_SECURITY: tls,
      SMTP_CA_FILE: CERTIFICATE,
      SMTP_USER: auth.user,
      SMTP_PASSWORD: auth.password,
    }
    await send(emailChannel(settings(secured)))
    expect(server.sessions).toEqual([{ secure: true, user: 'candlewire' }])
    const wrong = { ...secured, SMTP_PASSWORD: 'another-password' }
    const refused = await send(emailChannel(settings(wrong))).catch((thrown: unknown) => thrown)
    expect(refused).toMatchObject({ name: 'DeliveryError', retryable: false })
    expect(String(refused)).not.toContain('another-password')
  })

  it('does not go to a server that nobody vouches for, or without TLS where it is asked for', async () => {
    const { settings } = await mailServer({ tls: 'starttls' })
    await expect(send(emailChannel(settings({ SMTP_SECURITY: 'starttls' })))).rejects.toThrow(
      /certificate/,
    )
    const { server, settings: plain } = await mailServer()
    await expect(send(emailChannel(plain({ SMTP_SECURITY: 'starttls' })))).rejects.toThrow()
    expect(server.mails).toEqual([])
  })

  it('gives a server up that stalls, and tells refusals for now from those for ever', async () => {
    const stalling = await mailServer({ onMail: () => undefined })
    const begun = performance.now()
    await expect(send(emailChannel(stalling.settings()), 300)).rejects.toMatchObject({
      message: 'no answer in time',
      retryable: true,
    })
    expect(performance.now() - begun).toBeLessThan(5_000)
    const answer = (code: number) => async () => {
      const error = Object.assign(new Error('no'), { responseCode: code })
      const { settings } = await mailServer({ onMail: (reply) => reply(error) })
      return send(emailChannel(settings())).catch((thrown: unknown) => thrown)
    }
    expect(await answer(451)()).toMatchObject({ retryable: true })
    expect(await answer(554)()).toMatchObject({ retryable: false })
  })

  it('wants somebody to write to', () => {
    expect(() => emailChannel(loadConfig({ SMTP_HOST: 'localhost' }))).toThrow(/ALERT_EMAIL_TO/)
    expect(emailChannel(loadConfig({}))).toBeUndefined()
  })
})

describe('Slack and webhooks', () => {
  const slackTo = (url: string) => slackChannel({ alertSlackWebhookUrl: url })

  it('post what Slack understands', async () => {
    const server = await hooks(ok)
    await send(slackTo(server.url))
    const body = JSON.parse(server.posts[0]!.body) as { text: string; blocks: { type: string }[] }
    expect(body.text).toContain('RMSE &lt;0.153&gt; &amp; 31 % above')
    expect(body.blocks.map(({ type }) => type)).toEqual(['header', 'section', 'section'])
  })

  it('sign what they post, with a key that stays the same', async () => {
    const server = await hooks(ok)
    const settings = { alertWebhookUrl: server.url, alertWebhookSecret: 'key' }
    await send(webhookChannel(settings))
    await send(webhookChannel(settings))
    const [first, second] = server.posts
    const { 'x-candlewire-timestamp': at, 'x-candlewire-signature': signed } = first!.headers
    expect(signed).toBe(signature('key', String(at), first!.body))
    expect(first!.headers['x-candlewire-idempotency-key']).toBe(message.idempotenceKey)
    expect(second!.headers['x-candlewire-idempotency-key']).toBe(message.idempotenceKey)
    expect(JSON.parse(first!.body)).toMatchObject({
      kind: 'degradation',
      state: 'firing',
      value: 0.153,
      idempotencyKey: message.idempotenceKey,
    })
  })

  it('sign as the standard says', () => {
    // printf '1700000000000.{}' | openssl dgst -sha256 -hmac key (OpenSSL 3.0)
    expect(signature('key', '1700000000000', '{}')).toBe(
      'sha256=36a72f4525d3323bd0f238fe82098164fb77b1e42288ff8e07b074c686178ad3',
    )
  })

  it.each([
    [429, { 'retry-after': '7' }, { retryable: true, retryAfterMs: 7_000 }],
    [500, {}, { retryable: true }],
    [404, {}, { retryable: false }],
    [302, { location: 'http://127.0.0.1:9/' }, { retryable: false }],
  ])('understand %i', async (code, headers, wanted) => {
    const server = await hooks(refuse(code, headers))
    await expect(send(slackTo(server.url))).rejects.toMatchObject(wanted)
    expect(server.posts.length).toBe(1)
  })

  it('give up a server that stalls or is away, and never say the address', async () => {
    const server = await hooks(stall)
    const stalled = await send(slackTo(server.url), 200).catch((thrown: unknown) => thrown)
    expect(stalled).toMatchObject({ message: 'no answer in time', retryable: true })
    const talkative = await hooks((response, { path }) =>
      response.writeHead(403).end(`no such hook ${path} ${'x'.repeat(5_000_000)}`),
    )
    const refused = await send(slackTo(talkative.url)).catch((thrown: unknown) => thrown)
    await server.close()
    const away = await send(slackTo(server.url)).catch((thrown: unknown) => thrown)
    expect(away).toMatchObject({ retryable: true })
    for (const said of [stalled, refused, away].map(String)) expect(said).not.toContain('s3cr3t')
    expect(String(refused).length).toBeLessThan(300)
  })
})

/** What an alert says to people, as lines of text and as HTML. */
import type { Alert } from '../../../schemas/generated.ts'
import { ALERT_KINDS, isAlertKind } from '../alert-kinds.ts'
import type { AlertMessage } from './channel.ts'

const LABEL_CHARS_MAX = 300
const SUBJECT_CHARS_MAX = 150

/** One line without line breaks, for subjects and headings. */
export const headline = ({ state, severity, kind, subject }: Alert): string =>
  oneLine(`[Candlewire] ${state === 'resolved' ? 'resolved' : severity}: ${kind} ${subject}`).slice(
    0,
    SUBJECT_CHARS_MAX,
  )

/** Name and value of what is known, in the order in which it is shown. */
export function facts({ alert, runbook }: AlertMessage): readonly (readonly [string, string])[] {
  const { kind, eventTimeMs, value, threshold, expectedFalseAlarms, labels } = alert
  const unit = isAlertKind(kind) ? ` (${ALERT_KINDS[kind].unit})` : ''
  return [
    ['meaning', isAlertKind(kind) ? ALERT_KINDS[kind].meaning : ''],
    ['about', alert.subject],
    ['event time', isoTime(eventTimeMs)],
    ['measured', value === null ? '' : `${value.toPrecision(6)}${unit}`],
    ['threshold', threshold === null ? '' : threshold.toPrecision(6)],
    [
      'expected false alarms',
      expectedFalseAlarms === null ? '' : `${expectedFalseAlarms.toPrecision(3)} a day`,
    ],
    ...Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)),
    ['what to do', runbook],
    ['fingerprint', alert.fingerprint],
  ].flatMap(([name = '', text = '']): [string, string][] =>
    text === '' ? [] : [[name, oneLine(text).slice(0, LABEL_CHARS_MAX)]],
  )
}

export const textBody = (message: AlertMessage): string =>
  [
    message.alert.message,
    '',
    ...facts(message).map(([name, text]) => `${name}: ${text}`),
    '',
    'Not investment advice. Model figures stand beside the forecast that nothing changes.',
  ].join('\n')

const COLOURS: Readonly<Record<string, string>> = {
  critical: '#b3261e',
  warning: '#b26a00',
  info: '#1f6feb',
}

export function htmlBody(message: AlertMessage): string {
  const { alert } = message
  const colour = alert.state === 'resolved' ? '#2e7d32' : (COLOURS[alert.severity] ?? '#1f6feb')
  const rows = facts(message)
    .map(
      ([name, text]) =>
        `<tr><td style="padding:2px 12px 2px 0;color:#666">${escapeHtml(name)}</td>` +
        `<td style="padding:2px 0">${linked(text)}</td></tr>`,
    )
    .join('')
  return (
    `<!doctype html><html><body style="font-family:sans-serif;color:#222">` +
    `<h2 style="color:${colour};margin:0 0 8px">${escapeHtml(headline(alert))}</h2>` +
    `<p>${escapeHtml(alert.message)}</p><table style="font-size:14px">${rows}</table>` +
    `<p style="color:#888;font-size:12px">Not investment advice. Model figures stand beside the ` +
    `forecast that nothing changes.</p></body></html>`
  )
}

const escapeHtml = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')

const linked = (text: string): string =>
  /^https?:\/\/\S+$/.test(text)
    ? `<a href="${escapeHtml(text)}">${escapeHtml(text)}</a>`
    : escapeHtml(text)

/** Line breaks in a header would be another header. */
const oneLine = (text: string): string => text.replaceAll(/[\r\n\t\0]+/g, ' ')

const isoTime = (ms: number): string =>
  Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : String(ms)

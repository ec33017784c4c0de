/** Which alerts are delivered, and through which channels. */
import { z } from 'zod'
import { count, port, secret, setting, text, webAddress } from './setting.ts'

export const ALERT_SETTINGS = {
  alertMinSeverity: setting(
    'ALERT_MIN_SEVERITY',
    z.enum(['info', 'warning', 'critical']),
    'warning',
    'Least severe alert that is delivered; all are recorded.',
  ),
  alertCooldownMinutes: setting(
    'ALERT_COOLDOWN_MINUTES',
    count(0, 100_000),
    '60',
    'Time in which the same alert is not delivered again after it was, in minutes.',
  ),
  alertMaxAgeMinutes: setting(
    'ALERT_MAX_AGE_MINUTES',
    count(1, 1_000_000),
    '1440',
    'An alert about something that happened longer ago is recorded but not delivered, in minutes: a history that is played mails nobody.',
  ),
  alertAttempts: setting(
    'ALERT_ATTEMPTS',
    count(1, 100),
    '12',
    'Times the delivery of an alert through one channel is tried before it is given up.',
  ),
  alertTimeoutMs: setting(
    'ALERT_TIMEOUT_MS',
    count(100, 120_000),
    '10000',
    'Longest time one attempt to deliver an alert may take, in ms.',
  ),
  alertRunbookUrl: setting(
    'ALERT_RUNBOOK_URL',
    text,
    '',
    'Address in front of docs/runbooks/KIND.md in deliveries, such as that of this repository; empty: the path alone.',
  ),
  alertRetrainKinds: setting(
    'ALERT_RETRAIN_KINDS',
    z.string().regex(/^[a-z_]*(,[a-z_]+)*$/, { message: 'is not a list as drift,degradation' }),
    '',
    'Kinds of alerts that ask for a training, by comma, such as drift,degradation; empty: none.',
  ),
  alertRetrainCooldownMinutes: setting(
    'ALERT_RETRAIN_COOLDOWN_MINUTES',
    count(1, 100_000),
    '1440',
    'Least time between two trainings that alerts ask for, in minutes.',
  ),
  smtpHost: setting('SMTP_HOST', text, '', 'Mail server for alerts; empty: no e-mail.'),
  smtpPort: setting('SMTP_PORT', port, '587', 'Port of the mail server.'),
  smtpSecurity: setting(
    'SMTP_SECURITY',
    z.enum(['starttls', 'tls', 'none']),
    'starttls',
    'How the connection to the mail server is protected: STARTTLS is required, TLS from the start, or not at all.',
  ),
  smtpCaFile: setting(
    'SMTP_CA_FILE',
    text,
    '',
    'PEM file of the authority that signed the certificate of the mail server; empty: the usual ones.',
  ),
  smtpUser: setting('SMTP_USER', text, '', 'User at the mail server; empty: it asks for none.'),
  smtpPassword: secret('SMTP_PASSWORD', text, '', 'Password at the mail server.'),
  alertEmailFrom: setting(
    'ALERT_EMAIL_FROM',
    text,
    'candlewire@localhost',
    'Sender of alert mails.',
  ),
  alertEmailTo: setting('ALERT_EMAIL_TO', text, '', 'Receivers of alert mails, by comma.'),
  alertSlackWebhookUrl: secret(
    'ALERT_SLACK_WEBHOOK_URL',
    webAddress,
    '',
    'Incoming webhook of a Slack channel for alerts; empty: none.',
  ),
  alertWebhookUrl: secret(
    'ALERT_WEBHOOK_URL',
    webAddress,
    '',
    'Address that alerts are posted to as JSON; empty: none.',
  ),
  alertWebhookSecret: secret(
    'ALERT_WEBHOOK_SECRET',
    text,
    '',
    'Key of the HMAC-SHA256 signature of posted alerts; empty: they are not signed.',
  ),
} as const

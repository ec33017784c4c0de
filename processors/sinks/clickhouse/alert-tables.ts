/** The tables of what went wrong: alerts, who was told, and dead letters. */
import type { Alert, AlertDelivery, DeadLetter } from '../../../schemas/generated.ts'
import { alertDeliveriesTopic, alertsTopic, deadLettersTopic } from '../../../streams/topics.ts'
import { mapping, NAME, OPTIONAL_DOUBLE, OPTIONAL_LONG, TIME } from './table-mapping.ts'

export const alerts = mapping<Alert>(alertsTopic, 'alerts', {
  event_time: [TIME, (v) => v.eventTimeMs],
  fingerprint: ['String', (v) => v.fingerprint],
  kind: [NAME, (v) => v.kind],
  subject: [NAME, (v) => v.subject],
  severity: [NAME, (v) => v.severity],
  state: [NAME, (v) => v.state],
  message: ['String', (v) => v.message],
  labels: ['Map(String, String)', (v) => v.labels],
  value: [OPTIONAL_DOUBLE, (v) => v.value],
  threshold: [OPTIONAL_DOUBLE, (v) => v.threshold],
  expected_false_alarms: [OPTIONAL_DOUBLE, (v) => v.expectedFalseAlarms],
  runbook: ['String', (v) => v.runbook],
})

export const alertDeliveries = mapping<AlertDelivery>(alertDeliveriesTopic, 'alert_deliveries', {
  sent_at: [TIME, (v) => v.sentAtMs],
  event_time: [TIME, (v) => v.eventTimeMs],
  fingerprint: ['String', (v) => v.fingerprint],
  kind: [NAME, (v) => v.kind],
  subject: [NAME, (v) => v.subject],
  severity: [NAME, (v) => v.severity],
  state: [NAME, (v) => v.state],
  channel: [NAME, (v) => v.channel],
  outcome: [NAME, (v) => v.outcome],
  attempts: ['Int32', (v) => v.attempts],
  detail: ['String', (v) => v.detail],
  idempotence_key: ['String', (v) => v.idempotenceKey],
  alert_partition: ['Int32', (v) => v.sourcePartition],
  alert_offset: ['Int64', (v) => v.sourceOffset],
})

export const deadLetters = mapping<DeadLetter>(deadLettersTopic, 'dead_letters', {
  original_topic: [NAME, (v) => v.sourceTopic],
  original_partition: ['Nullable(Int32)', (v) => v.sourcePartition],
  original_offset: [OPTIONAL_LONG, (v) => v.sourceOffset],
  original_file: ['Nullable(String)', (v) => v.sourceFile],
  original_line: [OPTIONAL_LONG, (v) => v.sourceLine],
  event_time: [TIME, (v) => v.eventTimeMs],
  code: [NAME, (v) => v.code],
  cause: ['String', (v) => v.cause],
  schema_id: ['Nullable(Int32)', (v) => v.schemaId],
  original_key: ['String', (v) => v.originalKey],
  original_bytes: ['String', (v) => v.originalBytes],
})

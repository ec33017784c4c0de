/**
 * Every kind of alert, as data: what it means, how bad it usually is, and the page that says what to
 * do. An alert of a kind that is not here cannot be made.
 */
export const SEVERITIES = ['info', 'warning', 'critical'] as const
export type Severity = (typeof SEVERITIES)[number]

export interface AlertKindEntry {
  /** What it says, one sentence. */
  readonly meaning: string
  /** Of an alert whose emitter names none. */
  readonly severity: Severity
  /**
   * `condition`: it holds until its emitter resolves it. `event`: something that happened; nobody
   * resolves it, and it is forgotten after the cool-down.
   */
  readonly form: 'condition' | 'event'
  /** What `value` and `threshold` count. */
  readonly unit: string
}

const kind = (
  form: AlertKindEntry['form'],
  severity: Severity,
  unit: string,
  meaning: string,
): AlertKindEntry => ({ form, severity, unit, meaning })

export const ALERT_KINDS = {
  drift: kind(
    'condition',
    'warning',
    'share of features, or the measure it names',
    'The inputs or answers of a model are not distributed as where it was trained.',
  ),
  degradation: kind(
    'condition',
    'warning',
    'RMSE, percent return',
    'The error of a model on matured predictions is above what its test promised.',
  ),
  pipeline_failure: kind(
    'condition',
    'critical',
    'seconds of silence, or restarts',
    'A part of the pipeline gave up, is started again and again, or stands still.',
  ),
  lag: kind(
    'condition',
    'warning',
    'records',
    'A consumer group is far behind its input and does not catch up.',
  ),
  dead_letters: kind(
    'condition',
    'warning',
    'records a minute',
    'Records that nobody can process arrive faster than usual.',
  ),
  stale_source: kind(
    'condition',
    'warning',
    'minutes',
    'An instrument that should be trading has no new candle.',
  ),
  skew: kind(
    'condition',
    'critical',
    'rows that differ',
    'Features at serving time are not those that the stream or the training made.',
  ),
  proof: kind(
    'condition',
    'critical',
    'records that differ',
    'A check of the pipeline against itself failed: replay, look-ahead or duplicates.',
  ),
  model_refused: kind(
    'event',
    'critical',
    'none',
    'A published model failed verification; the previous one goes on.',
  ),
  disk: kind(
    'condition',
    'critical',
    'free share, 0 to 1',
    'The disk that holds the data directory is nearly full.',
  ),
  training_failed: kind('event', 'warning', 'none', 'A training run ended without a model.'),
  test: kind('event', 'info', 'none', 'Somebody tries whether alerts arrive.'),
} as const satisfies Record<string, AlertKindEntry>

export type AlertKind = keyof typeof ALERT_KINDS

export const isAlertKind = (text: string): text is AlertKind => Object.hasOwn(ALERT_KINDS, text)

/** Page of a kind, from the root of the repository. */
export const runbookOf = (name: AlertKind): string => `docs/runbooks/${name}.md`

/**
 * Every failure the pipeline reports, with what it means and what the operator does about it.
 *
 * One class, one table: a caller branches on `code`, a log line carries it, and
 * `docs/errors.md` is generated from the table, so the two cannot drift apart.
 */
export interface ErrorEntry {
  /** What went wrong, one sentence. */
  readonly meaning: string
  /** Whether the same call may succeed later without anybody changing anything. */
  readonly retryable: boolean
  /** What the person at the keyboard does. */
  readonly remedy: string
}

const entry = (meaning: string, retryable: boolean, remedy: string): ErrorEntry => ({
  meaning,
  retryable,
  remedy,
})

export const ERROR_TABLE = {
  CONFIG_INVALID: entry(
    'A setting has a value that cannot be used.',
    false,
    'Correct the named variable or file; the README table lists every variable with its type and default.',
  ),
  REQUIREMENT_MISSING: entry(
    'Something this machine needs is not there.',
    false,
    'Install what the message names, then run `candlewire doctor`.',
  ),
  DOWNLOAD_FAILED: entry(
    'A pinned artefact could not be fetched.',
    true,
    'Check the network or the MAVEN_REPOSITORY_URL setting and start again; what is complete is kept.',
  ),
  CHECKSUM_MISMATCH: entry(
    'A fetched artefact is not the pinned one.',
    false,
    'Delete the named file and start again; if it repeats, the source is not to be trusted.',
  ),
  PORT_TAKEN: entry(
    'Another process listens on a port the local stack needs.',
    false,
    'Stop that process or set the named port variable to a free port.',
  ),
  STACK_BUSY: entry(
    'Another command works on the same data directory.',
    true,
    'Wait until it is done, or stop it; `candlewire status` shows what runs.',
  ),
  SERVICE_NOT_READY: entry(
    'A service did not answer in time.',
    true,
    'Look into its log under the data directory; `candlewire status` names it.',
  ),
  UNAUTHENTICATED: entry(
    'The server asks for a token, and the request carries none that it knows.',
    false,
    'Send `Authorization: Bearer TOKEN` with one of the API_TOKENS; in a browser sign in on the page.',
  ),
  RATE_LIMITED: entry(
    'A token or an address asks more often than RATE_LIMIT_PER_S allows.',
    true,
    'Wait as long as the header Retry-After says, or raise RATE_LIMIT_PER_S.',
  ),
  BROKER_FAILED: entry(
    'The Kafka broker refused or lost a request.',
    true,
    'Check that the broker runs (`candlewire status`); the work resumes from its last commit.',
  ),
  OFFSET_OUT_OF_RANGE: entry(
    'A committed offset is no longer in the log.',
    false,
    'Retention removed input that was not processed. Restore the topic, or reset the group on purpose.',
  ),
  FENCED: entry(
    'A newer owner of the same partition exists.',
    true,
    'Nothing: the older process gives the partition up by itself.',
  ),
  TOPIC_LAYOUT_WRONG: entry(
    'An existing topic has another number of partitions than the pipeline needs.',
    false,
    'Local stack: delete the data directory and start afresh. Own cluster: delete the named topic, create it with that number, and produce its input under another file name.',
  ),
  SCHEMA_INCOMPATIBLE: entry(
    'A schema would break readers of data that is already there.',
    false,
    'Give new fields a default and do not remove or retype fields.',
  ),
  SCHEMA_UNKNOWN: entry(
    'A record names a schema that the registry does not have.',
    false,
    'Check that producer and consumer use the same registry.',
  ),
  RECORD_UNDECODABLE: entry(
    'A record is not in the Avro wire format or does not match its schema.',
    false,
    'It is in dead-letters.v1 with its bytes; fix the producer.',
  ),
  CANDLE_INVALID: entry(
    'A candle contradicts itself.',
    false,
    'It is in dead-letters.v1 with its cause; fix the source.',
  ),
  CANDLE_LATE: entry(
    'A candle is older than one that was already processed, or revises it.',
    false,
    'It is in dead-letters.v1; a published feature is never changed.',
  ),
  RECORD_MISKEYED: entry(
    'The key of a record is not what its value says, so it may lie in the wrong partition.',
    false,
    'It is in dead-letters.v1; give candles the instrument as key, in UTF-8.',
  ),
  INSTRUMENT_UNKNOWN: entry(
    'A candle is of an instrument that the instruments file does not list.',
    false,
    'It is in dead-letters.v1; add the instrument to INSTRUMENTS_FILE, or set onlyListed to false.',
  ),
  CANDLE_OUTSIDE_HOURS: entry(
    'A candle lies outside the trading hours of an instrument that refuses such candles.',
    false,
    'It is in dead-letters.v1; correct tradingHours in INSTRUMENTS_FILE, or set outsideHours to accept.',
  ),
  SETTINGS_CHANGED: entry(
    'The settings of an instrument are not those its state and its published features were made under.',
    false,
    'Put them back, or raise its revision in INSTRUMENTS_FILE to have the state rebuilt under the new ones.',
  ),
  NEWS_INVALID: entry(
    'A news row lacks what an article must have.',
    false,
    'It is in dead-letters.v1 with its cause; fix the source.',
  ),
  ARTICLE_NOT_SCORED: entry(
    'The sentiment model has no answer for an article.',
    false,
    'It is in dead-letters.v1 with its cause; the articles beside it are scored.',
  ),
  NEWS_SOURCE_FAILED: entry(
    'A news source did not answer, or not with what it should.',
    true,
    'Nothing: it is asked again after a growing wait. If it repeats, open its address in a browser.',
  ),
  NEWS_SOURCE_REFUSED: entry(
    'A news source must not be fetched: by its robots.txt, or because of its address.',
    false,
    'Take it out of NEWS_FEEDS_FILE; for a source of your own set respectRobots or NEWS_PRIVATE_HOSTS.',
  ),
  ROW_UNREADABLE: entry(
    'A row of an input file cannot be parsed.',
    false,
    'It is in dead-letters.v1 with file and line number.',
  ),
  FORMAT_UNKNOWN: entry(
    'The layout of an input file is not one that is known.',
    false,
    'Name it with --format, or convert the file to a layout of docs/input-files.md.',
  ),
  FILE_UNREADABLE: entry(
    'A file cannot be opened or decompressed.',
    false,
    'Check the path and that the file is complete.',
  ),
  DISK_FULL: entry(
    'The disk has no room for a file that is fetched.',
    false,
    'Free space there, or name another folder with CANDLEWIRE_CACHE_DIR; what is complete is kept.',
  ),
  DATASET_UNAVAILABLE: entry(
    'A file of a public data set could not be fetched.',
    true,
    'Check the network and give the same command again: it goes on where it stopped. docs/datasets.md says how to bring the files from another machine.',
  ),
  SOURCE_REFUSED: entry(
    'A live source refused what it was asked.',
    false,
    'Correct the token, account, instrument or address that the message names and start again.',
  ),
  SOURCE_UNAVAILABLE: entry(
    'A live source did not answer, or not with what was asked for.',
    true,
    'Nothing: it is asked again after a growing pause, and what was missed is fetched then.',
  ),
  STATE_CORRUPT: entry(
    'A state snapshot cannot be read back.',
    false,
    'The state is rebuilt from the input topic; if it repeats, delete the state topic.',
  ),
  BACKFILL_DIFFERS: entry(
    'What was published is not what the inputs make now, so nothing may be filled in beside it.',
    false,
    'A feature that was changed needs a higher version and a replay, not a backfill; the message names the first difference.',
  ),
  PROMOTION_REFUSED: entry(
    'A generation of features must not be shown to readers, or not yet.',
    false,
    'The message says what is missing; nothing was switched. `candlewire replay generations` shows where everything stands.',
  ),
  STORE_FAILED: entry(
    'ClickHouse or Redis refused a write.',
    true,
    'Check that the store runs; the sink resumes from its last commit.',
  ),
  STORE_SCHEMA_WRONG: entry(
    'The tables in ClickHouse are not what this version of the code expects.',
    false,
    'Restore the migration files and put changes into a new one; the message names the difference.',
  ),
  NATIVE_LIBRARY_FAILED: entry(
    'A native training library reported an error or cannot be loaded.',
    false,
    'Run `candlewire doctor`; on Linux the libraries need libgomp1.',
  ),
  TRAINING_DATA_REFUSED: entry(
    'The checks before training found that the data set is not fit to be trained on.',
    false,
    'Read the findings in the message and in the report of the run (docs/training-data.md), and repair what made the examples.',
  ),
  DATASET_CHANGED: entry(
    'The offsets of a manifest no longer give the data set it describes.',
    false,
    'Records were compacted away or deleted since; train on what there is now, which makes a new manifest.',
  ),
  TRAINING_DATA_INSUFFICIENT: entry(
    'There are too few labelled examples to split and train on.',
    false,
    'Produce more candles first.',
  ),
  TRAINING_STOPPED: entry(
    'Training was cancelled or took longer than its limit.',
    true,
    'Start it again; nothing was published. Fewer rounds take less time (`candlewire train --rounds`).',
  ),
  TRAINING_OUT_OF_MEMORY: entry(
    'The training process used more memory than it may.',
    false,
    'Raise TRAINING_MEMORY_MAX_MB, or train on fewer columns (`--set`) or one instrument (`--instrument`).',
  ),
  EXPORT_NOT_EXACT: entry(
    'An exported model does not reproduce the native one.',
    false,
    'The model is not published. Report it with the model file.',
  ),
  MODEL_REFUSED: entry(
    'A published model failed verification and was not loaded.',
    false,
    'The previous model goes on serving; see the model event for the check that failed.',
  ),
  TRANSITION_REFUSED: entry(
    'A model may not go from where it stands to where it was sent.',
    false,
    'The message names the ways there are; `candlewire models show` tells where a version stands.',
  ),
  EXPORT_FAILED: entry(
    'A server that models are copied to did not take them.',
    true,
    'Check the address and the server; what was copied already is not copied again.',
  ),
  OPTION_INVALID: entry(
    'A command was asked for something that cannot be done.',
    false,
    'Correct the option that the message names; `--help` on the command lists them.',
  ),
  REQUEST_INVALID: entry('A request cannot be understood.', false, 'See /docs for the schema.'),
  NOT_ALLOWED: entry(
    'Who asks may not write here.',
    false,
    'Write from a program or from the page of this server, with the INGEST_TOKEN if one is set.',
  ),
  NOT_FOUND: entry('What was asked for does not exist.', false, 'Check the name.'),
  NO_MODEL: entry(
    'No model is live yet.',
    true,
    'Train one (`candlewire train`); the server swaps it in by itself.',
  ),
  MODEL_FAILED: entry(
    'The thread of the live model died or did not answer in time.',
    true,
    'Nothing: the model is loaded again in a new thread. Try the request again.',
  ),
  MODEL_GONE: entry(
    'A model version that is asked for cannot be loaded any more.',
    false,
    'Ask for another version, or without a time; `candlewire models show` tells what is left of it.',
  ),
  LAST_MODEL: entry(
    'Without this version nothing would answer under its model name.',
    false,
    'Say force=true if that is what you want; a new version or a load brings an answer back.',
  ),
  FEATURES_INCOMPATIBLE: entry(
    'The live model was trained on another feature set than the vector has.',
    false,
    'Train a model on the current feature set, or wait until the processor has moved to it.',
  ),
  SENTIMENT_MODEL_REFUSED: entry(
    'The files of a sentiment model are missing or are not what they must be.',
    false,
    'Check SENTIMENT_MODEL and SENTIMENT_MODEL_DIR against docs/sentiment.md, or set SENTIMENT_MODEL=distilled.',
  ),
  SENTIMENT_MODEL_UNREACHABLE: entry(
    'The files of FinBERT could not be fetched from the hub.',
    true,
    'Check the network and SENTIMENT_HUB_URL, give a folder in SENTIMENT_MODEL_DIR, or set SENTIMENT_MODEL=distilled.',
  ),
  SENTIMENT_FAILED: entry(
    'The threads of the sentiment model died and did not come back.',
    true,
    'Restart the process; if it repeats, look into the log for the reason the thread gave.',
  ),
  OVERLOADED: entry(
    'More work is waiting than the server is willing to hold.',
    true,
    'Try again in a moment, with fewer requests at a time.',
  ),
  INTERNAL: entry(
    'The server met a failure it does not know.',
    false,
    'Look into its log for the request id of the answer and report it.',
  ),
} as const satisfies Record<string, ErrorEntry>

export type ErrorCode = keyof typeof ERROR_TABLE

/** A failure with a code from {@link ERROR_TABLE}. `details` must not contain secrets. */
export class CandlewireError extends Error {
  override readonly name = 'CandlewireError'
  readonly code: ErrorCode
  readonly details: Readonly<Record<string, unknown>>

  constructor(
    code: ErrorCode,
    message: string,
    options: { details?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.details = options.details ?? {}
  }

  get retryable(): boolean {
    return ERROR_TABLE[this.code].retryable
  }

  get remedy(): string {
    return ERROR_TABLE[this.code].remedy
  }
}

/** Message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}

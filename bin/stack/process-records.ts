/**
 * What is known of processes that were started here: a JSON file each in `run/` of the data
 * directory, and beside it what the process wrote of itself (see managed-process.ts).
 */
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../../streams/config.ts'
import { isAlive, parseIdentity, type ProcessIdentity } from './process-identity.ts'

/** Stores are what services need: `down` stops services first. */
export type Stage = 'store' | 'service'

export interface ProcessRecord {
  readonly name: string
  readonly stage: Stage
  readonly command: readonly string[]
  readonly port?: number
  readonly logFile: string
  readonly stopTimeoutMs: number
  readonly startedAtMs: number
  /** Of a process that keeps others: whether it stops the stores at its end. */
  readonly ownsStores?: boolean
  /** Missing only while it is being started. */
  readonly identity?: ProcessIdentity
}

/** What tells one stack from another. */
export type Place = Pick<Config, 'dataDir'>

const LOG_KEPT_BYTES = 20_000_000
const runDir = (place: Place): string => join(place.dataDir, 'run')
const recordFile = (place: Place, name: string): string => join(runDir(place), `${name}.json`)
/** Where a process writes its own identity before it becomes its program. */
export const identityFile = (place: Place, name: string): string =>
  join(runDir(place), `${name}.identity`)

export const isRunning = (record: ProcessRecord | undefined): boolean =>
  record?.identity !== undefined && isAlive(record.identity)

/** @returns the record of a process that was started here, alive or not */
export function readRecord(place: Place, name: string): ProcessRecord | undefined {
  const file = recordFile(place, name)
  if (!existsSync(file)) return undefined
  const record = JSON.parse(readFileSync(file, 'utf8')) as ProcessRecord
  if (record.identity !== undefined || !existsSync(identityFile(place, name))) return record
  const identity = parseIdentity(readFileSync(identityFile(place, name), 'utf8'))
  return identity === undefined ? record : { ...record, identity }
}

/** All records of a data directory, in the order of their start. */
export function readRecords(place: Place): ProcessRecord[] {
  if (!existsSync(runDir(place))) return []
  return readdirSync(runDir(place))
    .filter((file) => file.endsWith('.json'))
    .map((file) => readRecord(place, file.slice(0, -'.json'.length)))
    .filter((record) => record !== undefined)
    .sort((a, b) => a.startedAtMs - b.startedAtMs)
}

/** Removes the record of a process that is gone. */
export function forget(place: Place, name: string): void {
  rmSync(identityFile(place, name), { force: true })
  rmSync(recordFile(place, name), { force: true })
}

/** The last lines a process wrote, for messages about its end. */
export function logTail(record: Pick<ProcessRecord, 'logFile'>, lines: number): string {
  if (!existsSync(record.logFile)) return ''
  const text = readFileSync(record.logFile, 'utf8').trimEnd().split('\n')
  return text.slice(-lines).join('\n')
}

/** The log file of a process; a long one of earlier runs is moved to `.1` first. */
export function openableLog(place: Place, name: string): string {
  const folder = join(place.dataDir, 'logs')
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `${name}.log`)
  if (existsSync(file) && statSync(file).size > LOG_KEPT_BYTES) renameSync(file, `${file}.1`)
  return file
}

/** Replaces the record as a whole: a reader never sees half of one. */
export function writeRecord(place: Place, record: ProcessRecord): void {
  mkdirSync(runDir(place), { recursive: true })
  const file = recordFile(place, record.name)
  writeFileSync(`${file}.part`, JSON.stringify(record, null, 2) + '\n')
  renameSync(`${file}.part`, file)
}

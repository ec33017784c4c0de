/**
 * Dates of feeds to Unix ms: RFC 822 with its successors (RSS), ISO 8601 (Atom, Dublin Core, JSON Feed).
 * Without a zone they are UTC. A weekday that contradicts the date is passed over: the date counts.
 */
import { DateTime } from 'luxon'
import { parseTimeMs } from '../../time-text.ts'

const WEEKDAY = /^[A-Za-z]{3,9}\.?,?\s+(?=\d)/
/** Zones of RFC 822 are English abbreviations; luxon knows those of RFC 2822, not these. */
const ZONES: Readonly<Record<string, string>> = {
  UTC: '+0000',
  UT: '+0000',
  Z: '+0000',
  BST: '+0100',
  CET: '+0100',
  CEST: '+0200',
  IST: '+0530',
  JST: '+0900',
}

/** @returns undefined for what is no date, or lies before 1990 or after 2100: a default of somebody's software */
export function parseFeedDate(text: string | undefined): number | undefined {
  const trimmed = (text ?? '').trim()
  if (trimmed === '' || trimmed.length > 64) return undefined
  const ms = /^\d{4}[-/]/.test(trimmed) ? isoMs(trimmed) : rfcMs(trimmed)
  return ms >= EARLIEST_MS && ms <= LATEST_MS ? Math.floor(ms) : undefined
}

const EARLIEST_MS = Date.UTC(1990, 0, 1)
const LATEST_MS = Date.UTC(2100, 0, 1)

function isoMs(text: string): number {
  const ms = parseTimeMs(text)
  return Number.isNaN(ms) ? DateTime.fromISO(text, { zone: 'utc' }).toMillis() : ms
}

function rfcMs(text: string): number {
  const parts = text
    .replace(WEEKDAY, '')
    .replace(/\s*\([^)]*\)\s*$/, '')
    .replace(/-(?=[A-Za-z]{3}-)|(?<=-[A-Za-z]{3})-/g, ' ')
    .replace(/^(\d{1,2}) ([A-Za-z]{3})[a-z]*\.?/, '$1 $2')
    .split(/\s+/)
  const zone = parts[4] ?? 'UTC'
  const offset =
    ZONES[zone.toUpperCase()] ??
    zone.replace(/^(?:GMT|UTC)(?=[+-])/, '').replace(/^([+-]\d\d):(\d\d)$/, '$1$2')
  return DateTime.fromRFC2822([...parts.slice(0, 4), offset].join(' ')).toMillis()
}

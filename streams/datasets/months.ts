/** Calendar months as `2024-02`: their order is that of their text. */
import { z } from 'zod'

export const monthSchema = z
  .string()
  .regex(/^\d{4}-(0[1-9]|1[0-2])$/, { message: 'is not a month such as 2024-02' })

/** From the first to the last, both included; none if the last is before the first. */
export function monthsFrom(first: string, last: string): string[] {
  const months: string[] = []
  for (let month = first; month <= last; month = monthAfter(month)) months.push(month)
  return months
}

function monthAfter(month: string): string {
  const [year, number] = [Number(month.slice(0, 4)), Number(month.slice(5))]
  return monthOf(Date.UTC(year, number, 1))
}

/** @param timeMs Unix ms, UTC */
const monthOf = (timeMs: number): string => new Date(timeMs).toISOString().slice(0, 7)

/** The newest month that is over. */
export function lastWholeMonth(nowMs: number): string {
  const now = new Date(nowMs)
  return monthOf(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 1))
}

/** Puts a month into `{YYYY}`, `{MM}` and `{M}` (without a leading zero). */
export function withMonth(template: string, month: string): string {
  const [year, number] = [month.slice(0, 4), month.slice(5)]
  return template
    .replaceAll('{YYYY}', year)
    .replaceAll('{MM}', number)
    .replaceAll('{M}', String(Number(number)))
}

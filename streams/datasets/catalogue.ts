/** The public data sets that are known by name: `data/datasets.json`, or a file of the user's own. */
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { CandlewireError, messageOf } from '../errors.ts'
import { CANDLE_FORMATS } from '../sources/candle-file.ts'
import { lastWholeMonth, monthSchema, monthsFrom } from './months.ts'

const template = z.string().refine((text) => text.includes('{YYYY}') && /\{MM?\}/.test(text), {
  message: 'has no {YYYY} and {MM} or {M}',
})
/** Unencrypted only from this machine, as tests do it: nobody may change the data on the way. */
const urlTemplate = template.refine(
  (text) => /^https:\/\/|^http:\/\/(127\.0\.0\.1|localhost)[:/]/.test(text) && URL.canParse(text),
  { message: 'is not an https address' },
)

const datasetSchema = z
  .strictObject({
    name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/),
    /** What it is, in one line. */
    title: z.string().min(1),
    instrument: z.string().regex(/^[A-Za-z0-9._:-]{1,64}$/),
    format: z.enum(CANDLE_FORMATS),
    /** Columns, zone and peculiarities, in words. */
    layout: z.string().min(1),
    home: z.url(),
    /** Licence or terms, in words. */
    terms: z.string().min(1),
    /** Where a month is, tried in order. */
    urls: z.array(urlTemplate).min(1),
    /** Behind the address of a file: that of a text that begins with its sha256. */
    checksumSuffix: z.string().min(1).optional(),
    /** Name of a month's file in the cache. */
    file: template.refine((text) => /^[A-Za-z0-9._{}-]+$/.test(text), {
      message: 'is no file name',
    }),
    from: monthSchema,
    /** Absent: it is continued every month. */
    to: monthSchema.optional(),
    /** A longer file is not taken, in bytes. */
    bytesMax: z.int().min(1),
    /** By month, where known. */
    sha256: z.record(monthSchema, z.string().regex(/^[0-9a-f]{64}$/)),
  })
  .refine(({ from, to }) => to === undefined || from <= to, { message: 'ends before it begins' })

const catalogueSchema = z.strictObject({ datasets: z.array(datasetSchema) })

export type Dataset = z.infer<typeof datasetSchema>

/** @throws CandlewireError FILE_UNREADABLE naming what in the file is wrong */
export async function readCatalogue(path: string): Promise<readonly Dataset[]> {
  let json: unknown
  try {
    json = JSON.parse(await readFile(path, 'utf8'))
  } catch (thrown) {
    throw new CandlewireError('FILE_UNREADABLE', `${path}: ${messageOf(thrown)}`, { cause: thrown })
  }
  const parsed = catalogueSchema.safeParse(json)
  if (parsed.success) return parsed.data.datasets
  const issue = parsed.error.issues[0]
  throw new CandlewireError(
    'FILE_UNREADABLE',
    `${path}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`,
  )
}

/** @throws CandlewireError NOT_FOUND naming those there are */
export function datasetNamed(datasets: readonly Dataset[], name: string): Dataset {
  const found = datasets.find((dataset) => dataset.name === name)
  if (found !== undefined) return found
  const names = datasets.map((dataset) => dataset.name).join(', ')
  throw new CandlewireError('NOT_FOUND', `There is no data set ${name}; known: ${names}`)
}

export interface MonthRange {
  readonly from?: string | undefined
  readonly to?: string | undefined
}

/** @throws CandlewireError OPTION_INVALID if it is not inside what the data set has */
export function monthsOf(dataset: Dataset, range: MonthRange, nowMs: number): string[] {
  const newest = dataset.to ?? lastWholeMonth(nowMs)
  const [from, to] = [range.from ?? dataset.from, range.to ?? newest]
  for (const month of [from, to])
    if (!monthSchema.safeParse(month).success)
      throw new CandlewireError('OPTION_INVALID', `${month} is not a month such as 2024-02`)
  if (from > to) throw new CandlewireError('OPTION_INVALID', `--from ${from} is after --to ${to}`)
  if (from < dataset.from || to > newest)
    throw new CandlewireError(
      'OPTION_INVALID',
      `${dataset.name} has the months ${dataset.from} to ${newest}, not all of ${from} to ${to}`,
    )
  return monthsFrom(from, to)
}

/** Numbers for people: a dash where there is none. */
export const MISSING = '–'

const given = (value: number | null | undefined): value is number =>
  typeof value === 'number' && Number.isFinite(value)

export const fixed = (value: number | null | undefined, digits: number): string =>
  given(value) ? value.toFixed(digits) : MISSING

export const percent = (share: number | null | undefined, digits = 1): string =>
  given(share) ? `${(100 * share).toFixed(digits)} %` : MISSING

export const whole = (value: number | null | undefined): string =>
  given(value) ? Math.round(value).toLocaleString('en-US') : MISSING

/** Small p-values keep their size. */
export const pValue = (value: number | null | undefined): string =>
  given(value) ? (value < 0.0001 ? value.toExponential(1) : value.toFixed(4)) : MISSING

export const timeText = (timeMs: number | null | undefined): string =>
  given(timeMs)
    ? new Date(timeMs)
        .toISOString()
        .replace('T', ' ')
        .replace(/:\d\d\.\d{3}Z$/, '')
    : MISSING

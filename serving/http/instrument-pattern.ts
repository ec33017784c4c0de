/** Instrument names that requests may carry; the same as the INSTRUMENT setting takes. */
export const INSTRUMENT_PATTERN = '^[A-Za-z0-9._:-]{1,64}$'

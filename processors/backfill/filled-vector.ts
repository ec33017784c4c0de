/** A published vector with the features that it lacks, taken from its replay. */
import type { Features, FeatureValues } from '../../schemas/generated.ts'
import { CandlewireError } from '../../streams/errors.ts'

type Value = number | string | null

/**
 * Whatever both carry must be equal to the last bit: else the inputs or the code are not what made the
 * published one, and nothing computed from them belongs beside it.
 *
 * @param carried features of the published vector. @throws CandlewireError BACKFILL_DIFFERS
 */
export function requireSame(
  published: Features,
  replayed: Features,
  carried: ReadonlySet<string>,
): void {
  for (const name of carried) {
    const was = valueOf(published, name)
    const is = valueOf(replayed, name)
    if (!Object.is(was, is)) throw differs(published, name, was, is)
  }
  if (!Object.is(published.close, replayed.close))
    throw differs(published, 'close', published.close, replayed.close)
}

/**
 * @param features to fill in; unset: all that are missing. Only when none is missing any more does the
 *   vector count as one of the larger set.
 */
export function filledVector(
  published: Features,
  replayed: Features,
  given: {
    readonly carried: ReadonlySet<string>
    readonly features: ReadonlySet<string> | undefined
  },
): Features {
  const { carried, features } = given
  const values: Record<string, Value> = { ...published.values }
  let complete = true
  for (const name of Object.keys(replayed.values)) {
    if (carried.has(name)) continue
    if (features === undefined || features.has(name)) values[name] = valueOf(replayed, name)
    else complete = false
  }
  const { featureSet, featureSetFingerprint } = complete ? replayed : published
  return {
    ...published,
    featureSet,
    featureSetFingerprint,
    values: values as unknown as FeatureValues,
  }
}

const valueOf = ({ values }: Features, name: string): Value =>
  values[name as keyof FeatureValues] ?? null

function differs(
  { instrument, openTimeMs }: Features,
  name: string,
  was: Value,
  is: Value,
): CandlewireError {
  const bar = new Date(openTimeMs).toISOString()
  return new CandlewireError(
    'BACKFILL_DIFFERS',
    `${instrument}, bar of ${bar}: ${name} was published as ${was} and is ${is} now`,
  )
}

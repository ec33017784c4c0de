/**
 * A shared library whose functions answer 0 for success and keep the text of their last error: the
 * convention of LightGBM and XGBoost. Loaded through koffi; typed arrays go as pointers, without a copy.
 * Calls are synchronous: for a worker process only.
 */
import koffi from 'koffi'
import { CandlewireError, messageOf } from '../../streams/errors.ts'

export type NativeCalls<Name extends string> = Readonly<Record<Name, (...given: unknown[]) => void>>

/**
 * @param prototypes C declarations by the name the caller uses; every one returns int
 * @param lastError C declaration of the function that tells the last error
 * @returns functions that throw CandlewireError NATIVE_LIBRARY_FAILED with that text
 * @throws CandlewireError NATIVE_LIBRARY_FAILED if it cannot be loaded
 */
export function loadNativeLibrary<Name extends string>(
  product: string,
  path: string,
  prototypes: Readonly<Record<Name, string>>,
  lastError: string,
): NativeCalls<Name> {
  try {
    const library = koffi.load(path)
    const errorText = library.func(lastError) as () => string
    const calls = Object.entries<string>(prototypes).map(([name, prototype]) => {
      const native = library.func(prototype) as (...given: unknown[]) => number
      return [name, checked(native, () => `${product}: ${reasonOf(errorText())}`)]
    })
    return Object.fromEntries(calls) as NativeCalls<Name>
  } catch (thrown) {
    throw new CandlewireError(
      'NATIVE_LIBRARY_FAILED',
      `${product} cannot be loaded from ${path}: ${messageOf(thrown)}`,
      { cause: thrown },
    )
  }
}

const checked =
  (native: (...given: unknown[]) => number, errorText: () => string) =>
  (...given: unknown[]): void => {
    if (native(...given) !== 0) throw new CandlewireError('NATIVE_LIBRARY_FAILED', errorText())
  }

/** Without the addresses of native frames that XGBoost adds. */
const reasonOf = (text: string): string => text.split('\nStack trace')[0]?.trim() ?? text

/** Where a typed array lies; valid while the array is referenced. 0 for an empty one. */
export const addressOf = (array: NodeJS.TypedArray): bigint =>
  array.byteLength === 0 ? 0n : koffi.address(array)

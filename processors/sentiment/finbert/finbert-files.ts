/** Which files FinBERT is made of, where they lie, and the digest of what they are. */
import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../../../streams/config.ts'

export type Precision = Config['sentimentPrecision']

/** Paths below the model's folder; the same on the hub. The first is the smallest: it is asked for first. */
export const finbertFiles = (precision: Precision): readonly string[] => [
  'config.json',
  'tokenizer_config.json',
  'tokenizer.json',
  precision === 'int8' ? 'onnx/model_quantized.onnx' : 'onnx/model.onnx',
]

/** @returns the first file that is not there, or undefined if all are */
export const missingFile = (folder: string, precision: Precision): string | undefined =>
  finbertFiles(precision).find((file) => !existsSync(join(folder, file)))

/** Where files from the hub are kept. */
export const cacheFolder = (
  config: Pick<Config, 'dataDir' | 'sentimentModelId' | 'sentimentPrecision'>,
): string =>
  join(config.dataDir, 'models', `${config.sentimentModelId}-${config.sentimentPrecision}`)

/** @returns sha256 over the names and digests of `files`, lower-case hexadecimal */
export async function digestOfFiles(folder: string, files: readonly string[]): Promise<string> {
  const total = createHash('sha256')
  for (const file of files) {
    const hash = createHash('sha256')
    for await (const chunk of createReadStream(join(folder, file))) hash.update(chunk as Buffer)
    total.update(`${file} ${hash.digest('hex')}\n`)
  }
  return total.digest('hex')
}

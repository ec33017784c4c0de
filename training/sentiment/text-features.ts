/**
 * The encoder's features of many texts, kept in a file: 20,000 texts take minutes, and a second run
 * with other settings of the head needs the same ones. The file's name carries a digest of encoder,
 * pools and texts, so a changed input finds no old answer.
 */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { LAYER_WIDTH } from '../../processors/sentiment/distilled/text-encoder.ts'
import { scorableText } from '../../processors/sentiment/scorable-text.ts'
import { openTextPool } from '../../processors/sentiment/threads/text-pool.ts'

export interface FeatureSource {
  readonly encoderFolder: string
  readonly encoderSha256: string
  readonly pools: readonly string[]
  readonly cacheFolder: string
  readonly threads: number
  readonly onProgress: (done: number, total: number) => void
}

const BATCH = 512
const TEXT_TIMEOUT_MS = 60_000

/** @returns row-major `[texts, pools x 384] float32` */
export async function textFeatures(
  texts: readonly string[],
  source: FeatureSource,
): Promise<Float32Array> {
  const width = source.pools.length * LAYER_WIDTH
  const hash = createHash('sha256').update(JSON.stringify([source.pools, source.encoderSha256]))
  for (const text of texts) hash.update(`${JSON.stringify(text)}\n`)
  const file = join(
    source.cacheFolder,
    `sentiment-features-${hash.digest('hex').slice(0, 16)}.float32`,
  )
  if (existsSync(file)) {
    const bytes = await readFile(file)
    if (bytes.length === texts.length * width * 4)
      return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length))
  }
  const features = await encodeAll(texts, source, width)
  await mkdir(source.cacheFolder, { recursive: true })
  await writeFile(`${file}.part`, Buffer.from(features.buffer))
  await rename(`${file}.part`, file)
  return features
}

async function encodeAll(
  texts: readonly string[],
  source: FeatureSource,
  width: number,
): Promise<Float32Array> {
  const features = new Float32Array(texts.length * width)
  const work = {
    kind: 'encoder',
    encoderFolder: source.encoderFolder,
    pools: source.pools,
  } as const
  const pool = await openTextPool(work, {
    threads: source.threads,
    textTimeoutMs: TEXT_TIMEOUT_MS,
  })
  try {
    for (let from = 0; from < texts.length; from += BATCH) {
      const batch = texts.slice(from, from + BATCH).map(requireScorable)
      const answers = await pool.answer(batch)
      answers.forEach((answer, index) => {
        if ('error' in answer) throw new Error(`${batch[index]}: ${answer.error}`)
        features.set(answer, (from + index) * width)
      })
      source.onProgress(from + batch.length, texts.length)
    }
  } finally {
    await pool.close()
  }
  return features
}

function requireScorable(text: string): string {
  const scorable = scorableText(text)
  if ('error' in scorable) throw new Error(`${JSON.stringify(text)}: ${scorable.error}`)
  return scorable.text
}

/** Opens the distilled model: the committed head over the fetched encoder, each proved by its digest. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CandlewireError, messageOf } from '../../../streams/errors.ts'
import { openPooledModel, type PooledModelOptions } from '../pooled-model.ts'
import type { SentimentModel } from '../sentiment-model.ts'
import { parseHead } from './sentiment-head.ts'
import { ENCODER_FILES, LAYER_WIDTH } from './text-encoder.ts'

/** Compiled code lies in `dist/`; the head stays in the source tree. */
export const HEAD_FILE = fileURLToPath(new URL('./head.bin', import.meta.url)).replace(
  /[\\/]dist([\\/]processors[\\/].*)$/,
  '$1',
)

/**
 * @param encoderFolder with the files `encoder.onnx` and `tokenizer.json`
 * @throws CandlewireError SENTIMENT_MODEL_REFUSED
 */
export async function openDistilled(
  encoderFolder: string,
  options: Pick<PooledModelOptions, 'config' | 'logger'>,
): Promise<SentimentModel> {
  const file = await readFile(HEAD_FILE)
  const { encoderSha256, tokenizerSha256 } = parseHead(file, LAYER_WIDTH).description
  await requireDigest(join(encoderFolder, ENCODER_FILES.model), encoderSha256)
  await requireDigest(join(encoderFolder, ENCODER_FILES.tokenizer), tokenizerSha256)
  return openPooledModel({
    name: 'distilled',
    // The head carries the digests of encoder and tokenizer, so its own covers all three.
    sha256: createHash('sha256').update(file).digest('hex'),
    work: { kind: 'distilled', encoderFolder, headFile: HEAD_FILE },
    ...options,
  })
}

async function requireDigest(path: string, sha256: string): Promise<void> {
  const file = await readFile(path).catch((thrown: unknown) => {
    throw new CandlewireError('SENTIMENT_MODEL_REFUSED', `${path}: ${messageOf(thrown)}`, {
      cause: thrown,
    })
  })
  const found = createHash('sha256').update(file).digest('hex')
  if (found === sha256) return
  const message = `${path} has sha256 ${found}, the head of the distilled model was trained with ${sha256}`
  throw new CandlewireError('SENTIMENT_MODEL_REFUSED', message)
}

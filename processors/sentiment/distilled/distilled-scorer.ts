/** The distilled model as a function of a text: frozen encoder, then the trained head. */
import { readFile } from 'node:fs/promises'
import type { TextFunction } from '../threads/thread-messages.ts'
import { applyHead, parseHead } from './sentiment-head.ts'
import { LAYER_WIDTH, openEncoder } from './text-encoder.ts'

/** @returns `[positive, negative, neutral]` of a text */
export async function loadDistilled(
  encoderFolder: string,
  headFile: string,
): Promise<TextFunction> {
  const head = parseHead(await readFile(headFile), LAYER_WIDTH)
  const encoder = await openEncoder(encoderFolder, head.description.pools)
  return async (text) => applyHead(head, await encoder.encode(text))
}

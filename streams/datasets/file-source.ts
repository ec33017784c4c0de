/** What stands beside a fetched file: where it came from, and the sha256 it had then. */
import { readFile, rename, writeFile } from 'node:fs/promises'
import { z } from 'zod'
import { CandlewireError } from '../errors.ts'

const sourceSchema = z.object({
  url: z.string(),
  sha256: z.string(),
  bytes: z.number(),
  fetchedAt: z.string(),
})
export type FileSource = z.infer<typeof sourceSchema>

export const sourcePathOf = (path: string): string => `${path}.source.json`

export async function sourceOf(path: string): Promise<FileSource | undefined> {
  const text = await readFile(sourcePathOf(path), 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  try {
    return sourceSchema.parse(JSON.parse(text))
  } catch (thrown) {
    throw new CandlewireError(
      'FILE_UNREADABLE',
      `${sourcePathOf(path)} is damaged; delete it to take the file as it is`,
      { cause: thrown },
    )
  }
}

export async function keepSource(
  path: string,
  { url, sha256, bytes }: Omit<FileSource, 'fetchedAt'>,
): Promise<void> {
  const source: FileSource = { url, sha256, bytes, fetchedAt: new Date().toISOString() }
  const draft = `${sourcePathOf(path)}.draft`
  await writeFile(draft, JSON.stringify(source, null, 2) + '\n')
  await rename(draft, sourcePathOf(path))
}

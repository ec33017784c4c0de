/** The folder of package.json, whether this runs from source or from `dist/`. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

function above(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder
  const parent = dirname(folder)
  if (parent === folder) throw new Error('No package.json above this program')
  return above(parent)
}

export const projectRoot: string = above(import.meta.dirname)

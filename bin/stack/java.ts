/** Finds a Java that runs Kafka and the registry: 17 or later. */
import { execFile } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { CandlewireError } from '../../streams/errors.ts'
import { findOnPath, isExecutable } from './find-on-path.ts'

export const JAVA_LEAST = 17
const VERSION_TIMEOUT_MS = 20_000

export interface Java {
  readonly path: string
  readonly version: number
}

/** Where package managers put it when it is neither on the PATH nor in JAVA_HOME. */
const HOMES = [
  '/usr/lib/jvm',
  '/opt/homebrew/opt',
  '/usr/local/opt',
  '/Library/Java/JavaVirtualMachines',
]

function candidates(): string[] {
  const home = process.env['JAVA_HOME']
  const found = HOMES.filter((folder) => existsSync(folder)).flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => /java|jdk|jre|temurin|zulu|corretto/i.test(name))
      .flatMap((name) => [
        join(folder, name, 'bin', 'java'),
        join(folder, name, 'Contents', 'Home', 'bin', 'java'),
      ]),
  )
  const paths = [
    home === undefined ? undefined : join(home, 'bin', 'java'),
    findOnPath('java'),
    ...found,
  ]
  return paths.filter((path) => path !== undefined).filter(isExecutable)
}

/** Every Java that runs on this machine, the preferred one first; stops at the first good one. */
export async function findJava(): Promise<Java | undefined> {
  let tooOld: Java | undefined
  for (const path of candidates()) {
    const version = await versionOf(path)
    if (version >= JAVA_LEAST) return { path, version }
    if (version > 0) tooOld ??= { path, version }
  }
  return tooOld
}

/** @throws CandlewireError REQUIREMENT_MISSING */
export async function requireJava(): Promise<string> {
  const java = await findJava()
  if (java !== undefined && java.version >= JAVA_LEAST) return java.path
  const found = java === undefined ? 'none was found' : `${java.path} is version ${java.version}`
  throw new CandlewireError(
    'REQUIREMENT_MISSING',
    `Kafka and the schema registry need Java ${JAVA_LEAST} or later, ${found}: ${JAVA_ADVICE}.`,
  )
}

export const JAVA_ADVICE =
  'install it (Debian, Ubuntu: sudo apt-get install openjdk-17-jre-headless; Fedora: sudo dnf install java-17-openjdk-headless; ' +
  'macOS: brew install openjdk@17) or set JAVA_HOME to one'

/** `openjdk version "17.0.15"`, or `java version "1.8.0_392"` up to 8. @returns 0 if it does not run */
async function versionOf(path: string): Promise<number> {
  try {
    const { stderr, stdout } = await promisify(execFile)(path, ['-version'], {
      timeout: VERSION_TIMEOUT_MS,
    })
    const [, first, second] = /version "(\d+)(?:\.(\d+))?/.exec(stderr + stdout) ?? []
    return Number(first === '1' ? second : (first ?? 0))
  } catch (thrown) {
    if (thrown instanceof Error) return 0
    throw thrown
  }
}

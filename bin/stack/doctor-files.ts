/** What doctor looks at in the data directory: fetched programs, records of processes, folders; and the clock. */
import { accessSync, constants, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../../streams/config.ts'
import { messageOf } from '../../streams/errors.ts'
import { projectRoot } from '../project-root.ts'
import { ARTEFACT_NAMES, readArtefact, type ArtefactName } from './artefact-lock.ts'
import { artefactFolder } from './artefacts.ts'
import { RECIPES } from './artefact-recipes.ts'
import { failed, passed, type Check } from './doctor-check.ts'
import { isRunning, readRecords } from './process-records.ts'

/** A fetched folder is whole when it is made; what is missing was taken away afterwards. */
export function librariesCheck(config: Pick<Config, 'libDir'>): Check {
  const fetched = ARTEFACT_NAMES.filter((name) => existsSync(artefactFolder(config, name)))
  const broken = fetched.flatMap((name) => {
    const folder = artefactFolder(config, name)
    const fault = faultOf(name, folder)
    return fault === undefined ? [] : [{ folder, fault: `${name}: ${fault}` }]
  })
  const none = fetched.length === 0 ? 'nothing is fetched yet' : `${fetched.join(', ')} are whole`
  if (broken.length === 0) return passed('libraries', none)
  return failed(
    'libraries',
    broken.map(({ fault }) => fault).join('; '),
    `Delete ${broken.map(({ folder }) => folder).join(' and ')}: the next start fetches it again.`,
  )
}

function faultOf(name: ArtefactName, folder: string): string | undefined {
  const entry = join(folder, RECIPES[name].entry())
  if (!existsSync(entry)) return `${entry} is missing`
  if (name === 'kafka') {
    const jars = readdirSync(entry).filter((file) => file.endsWith('.jar')).length
    const locked = readArtefact(name).files.filter(({ path }) => path.endsWith('.jar')).length
    if (jars < locked) return `${entry} has ${jars} of ${locked} jars`
  }
  return statSync(entry).size === 0 ? `${entry} is empty` : undefined
}

/** A process that was killed leaves its record; `up` and `start` cope, but ports may be held by its children. */
export function recordsCheck(config: Pick<Config, 'dataDir'>): Check {
  try {
    const records = readRecords(config)
    const gone = records.filter((record) => !isRunning(record)).map(({ name }) => name)
    if (gone.length > 0)
      return failed(
        'records',
        `on record as running, but gone: ${gone.join(', ')}`,
        'They were killed or the machine went down. `candlewire down` clears it up; nothing is lost. Their last words are in the logs.',
      )
    return passed('records', `${records.length} processes on record, all alive`)
  } catch (thrown) {
    return failed(
      'records',
      `a process record in ${join(config.dataDir, 'run')} cannot be read: ${messageOf(thrown)}`,
      'Delete the file that is named, or all of that folder if nothing runs.',
    )
  }
}

export function folderCheck(config: Pick<Config, 'dataDir'>): Check {
  try {
    mkdirSync(config.dataDir, { recursive: true })
    accessSync(config.dataDir, constants.W_OK | constants.X_OK)
    return passed('folder', `${config.dataDir} can be written`)
  } catch (thrown) {
    return failed(
      'folder',
      `${config.dataDir} cannot be written: ${messageOf(thrown)}`,
      'Give yourself rights on it (sudo chown -R "$USER" FOLDER), or set CANDLEWIRE_DATA_DIR to another one.',
    )
  }
}

const CLOCK_SLACK_MS = 86_400_000

/**
 * A clock that is behind breaks TLS, OANDA and the judgement of what is stale; zones come with Node.
 * @param now ms since 1970, as the machine has it
 * @param newestFileMs when this program was written here: it cannot lie in the future
 */
export function clockCheck(
  { sessionZone }: Pick<Config, 'sessionZone'>,
  now = Date.now(),
  newestFileMs = statSync(join(projectRoot, 'package.json')).mtimeMs,
): Check {
  if (now < newestFileMs - CLOCK_SLACK_MS)
    return failed(
      'clock',
      `it is ${new Date(now).toISOString()} here, before this program was written (${new Date(newestFileMs).toISOString()})`,
      'Set the clock (Linux: sudo timedatectl set-ntp true; in a virtual machine or WSL: sudo hwclock -s).',
    )
  // Known for certain: New York is behind UTC in January by five hours.
  const hour = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', timeZone: 'America/New_York' })
  if (hour.format(new Date('2024-01-15T17:00:00Z')) !== '12')
    return failed(
      'clock',
      'this Node has no time zones or another calendar',
      'Install Node with full ICU from https://nodejs.org, and unset NODE_ICU_DATA.',
    )
  return passed('clock', `${new Date(now).toISOString()}; sessions by ${sessionZone}`)
}

/**
 * What outlives a launcher that is killed, and what to do about it, from plain Node.
 *
 * npm runs a script through a shell. An npm that is killed leaves the shell and this process behind, and
 * one that gets SIGTERM passes it to the shell alone. And an `npm ci` whose launcher was killed goes on
 * writing node_modules, into which a second one must not write.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { root, wasToldToEnd } from './launch.mjs'

const LOOK_EVERY_MS = 500
/** Longer than any installation that still moves. */
const INSTALLER_WAIT_MS = 10 * 60_000

/** Process id of the `npm ci` that works on this clone. */
export const installerFile = join(root, '.candlewire', 'npm-ci.pid')

export function noteInstaller(pid) {
  mkdirSync(dirname(installerFile), { recursive: true })
  writeFileSync(installerFile, String(pid))
}

/** Waits for an `npm ci` whose launcher was killed. */
export async function earlierInstallerEnds() {
  const deadline = Date.now() + INSTALLER_WAIT_MS
  for (let said = false; existsSync(installerFile) && Date.now() < deadline; said = true) {
    const pid = Number(readFileSync(installerFile, 'utf8'))
    if (!isNpm(pid)) break
    if (!said) console.error(`Waiting for an npm ci that runs here already (process ${pid}) ...`)
    await delay(LOOK_EVERY_MS)
  }
  rmSync(installerFile, { force: true })
}

/** Ends this process in order, as by SIGTERM, when the npm that runs it is gone. */
export function endWithNpm() {
  if (process.env.npm_lifecycle_event !== 'start') return
  const npm = npmAbove()
  const timer = setInterval(() => {
    if (npmAbove() === npm) return
    clearInterval(timer)
    // A second signal ends at once, whatever still runs.
    if (!wasToldToEnd()) process.kill(process.pid, 'SIGTERM')
  }, LOOK_EVERY_MS)
  timer.unref()
}

/** The parent, or, where that is the shell of npm, its parent; only the parent where there is no /proc. */
function npmAbove() {
  const shell = statOf(process.ppid)
  return shell !== undefined && /^(ba|da)?sh$/.test(shell.name) ? shell.parent : process.ppid
}

/** Reads proc_pid_stat(5). */
function statOf(pid) {
  try {
    const [, name, parent] = /^\d+ \((.*)\) \S (\d+)/s.exec(
      readFileSync(`/proc/${pid}/stat`, 'utf8'),
    )
    return { name, parent: Number(parent) }
  } catch {
    return undefined
  }
}

function isNpm(pid) {
  if (!Number.isInteger(pid) || pid <= 0) return false
  if (existsSync('/proc/self/cmdline')) {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('npm')
    } catch {
      return false
    }
  }
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/**
 * What `npm start`, `npm test` and `bin/candlewire` run first: needs nothing but Node, installs the
 * dependencies if they are missing or not those of package-lock.json, and hands over.
 *
 *   start [args]   the main job            cli [args]     the command line
 *   bench [args]   the benchmarks          test [args]    all checks and tests, see test-steps.mjs
 */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { moduleArgs, root, run } from './launch.mjs'
import { earlierInstallerEnds, endWithNpm, installerFile, noteInstaller } from './orphans.mjs'
import { runTests } from './test-steps.mjs'

/** `import.meta.dirname` and `process.loadEnvFile`. */
const NODE_LEAST = [20, 12]

const stampFile = join(root, 'node_modules', '.candlewire-lock')

/** @returns {Promise<number>} the exit code */
export async function main([task = 'cli', ...args]) {
  requireNode()
  if (task === 'start') endWithNpm()
  const installed = await installDependencies()
  if (installed !== 0) return installed
  if (task === 'start') return runModule('bin/cli', ['start', ...args])
  if (task === 'cli') return runModule('bin/cli', args)
  if (task === 'bench') return runModule('bench/run', args)
  if (task === 'test') return runTests(args)
  console.error(`Unknown task ${task}: start, cli, bench or test`)
  return 2
}

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > NODE_LEAST[0] || (major === NODE_LEAST[0] && minor >= NODE_LEAST[1])) return
  console.error(
    `Candlewire needs Node ${NODE_LEAST.join('.')} or later, this is ${process.versions.node}. ` +
      'Install a current one from https://nodejs.org or with your version manager (nvm install 20).',
  )
  process.exit(1)
}

/** Runs `npm ci` unless node_modules is what package-lock.json says. */
async function installDependencies() {
  const lockFile = join(root, 'package-lock.json')
  // Without a lock file this is a built image that brings its modules along.
  if (!existsSync(lockFile)) return 0
  const lock = readFileSync(lockFile, 'utf8')
  const digest = createHash('sha256').update(lock).digest('hex')
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === digest) return 0
  await earlierInstallerEnds()
  if (!isInstalled(lock)) {
    console.error('Installing dependencies (npm ci); the first time this takes a minute or two ...')
    const startedAt = Date.now()
    const seconds = () => Math.round((Date.now() - startedAt) / 1000)
    const waiting = setInterval(
      () => console.error(`Still installing dependencies (${seconds()} s) ...`),
      15_000,
    )
    // Nothing here needs an install script: native parts come prebuilt, and some scripts download.
    const code = await run(
      ...npm(['ci', '--include=dev', '--ignore-scripts', '--no-audit', '--no-fund']),
      { quietOut: true, onStart: noteInstaller },
    )
    rmSync(installerFile, { force: true })
    clearInterval(waiting)
    if (code !== 0) {
      console.error(
        'npm ci failed, see above. Check the network and `npm config get registry`, then start again.',
      )
      return code
    }
    console.error(`Installed dependencies in ${seconds()} s.`)
  }
  writeFileSync(stampFile, digest)
  return 0
}

/** Whether somebody installed exactly this lock with npm: npm keeps its own copy of what it did. */
function isInstalled(lock) {
  const hidden = join(root, 'node_modules', '.package-lock.json')
  if (!existsSync(hidden)) return false
  const present = JSON.parse(readFileSync(hidden, 'utf8')).packages ?? {}
  return Object.entries(JSON.parse(lock).packages).every(
    ([path, entry]) =>
      path === '' || entry.optional === true || present[path]?.version === entry.version,
  )
}

/** npm itself says where it is when it runs this; else it is on the PATH. */
function npm(args) {
  const path = process.env.npm_execpath
  return path !== undefined && /npm-cli\.[cm]?js$/.test(path)
    ? [process.execPath, [path, ...args]]
    : ['npm', args]
}

/** Runs a module of this project: its source with tsx, or, where there is none, what was built. */
function runModule(module, args) {
  return run(process.execPath, [...moduleArgs(module), ...args], { withChannel: true })
}

if (realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  main(process.argv.slice(2)).then((code) => {
    process.exitCode = code
    // As whoever was interrupted should end: npm then says nothing about a failed script.
    if (code === 130) process.kill(process.pid, 'SIGINT')
  })
}

/**
 * `npm test`: every check and every test, in order, with one line of totals at the very end.
 * `-- --unit`, `--integration` or `--checks` runs only that; other arguments go to vitest.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { moduleArgs, root, run } from './launch.mjs'

const tool = (...path) => join(root, 'node_modules', ...path)

const CHECKS = [
  ['generated files are current', [...moduleArgs('bin/generate'), '--check']],
  ['types', [tool('typescript', 'bin', 'tsc'), '-p', 'tsconfig.json']],
  ['lint', [tool('eslint', 'bin', 'eslint.js'), '.']],
  ['format', [tool('prettier', 'bin', 'prettier.cjs'), '--check', '.']],
  [
    'imports point upstream',
    [
      tool('dependency-cruiser', 'bin', 'dependency-cruise.mjs'),
      '--config',
      '.dependency-cruiser.cjs',
      '--output-type',
      'err',
      'schemas',
      'streams',
      'processors',
      'training',
      'serving',
      'bin',
    ],
  ],
]
const SUITES = ['unit', 'integration']

/** @returns {Promise<number>} the exit code: 1 if anything failed */
export async function runTests(args) {
  process.chdir(root)
  const only = ['--checks', ...SUITES.map((name) => `--${name}`)].filter((flag) =>
    args.includes(flag),
  )
  const rest = args.filter((arg) => !only.includes(arg))
  const wanted = (flag) => only.length === 0 || only.includes(flag)
  const totals = { passed: 0, failed: 0, skipped: 0 }
  const add = (counts) => {
    for (const key of Object.keys(totals)) totals[key] += counts[key] ?? 0
  }
  if (wanted('--checks')) for (const [name, command] of CHECKS) add(await check(name, command))
  for (const suite of SUITES) if (wanted(`--${suite}`)) add(await vitest(suite, rest))
  const skipped = totals.skipped === 0 ? '' : `, ${totals.skipped} skipped`
  console.log(`${totals.passed} passed, ${totals.failed} failed${skipped}`)
  return totals.failed === 0 ? 0 : 1
}

/** A step that passes or fails as a whole; what it says is shown only if it fails. */
async function check(name, command) {
  const startedAt = Date.now()
  const { code, said } = await capture(command)
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds(startedAt)} s)`)
  if (code !== 0) console.log(said.trimEnd())
  return code === 0 ? { passed: 1 } : { failed: 1 }
}

async function vitest(suite, rest) {
  const folder = mkdtempSync(join(tmpdir(), 'candlewire-vitest-'))
  const report = join(folder, 'report.json')
  const startedAt = Date.now()
  const code = await run(process.execPath, [
    tool('vitest', 'vitest.mjs'),
    'run',
    '--project',
    suite,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...rest,
  ])
  const counts = countsOf(report, code)
  rmSync(folder, { recursive: true })
  console.log(
    `${counts.failed === 0 ? 'ok    ' : 'FAILED'} ${suite} tests: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped (${seconds(startedAt)} s)`,
  )
  return counts
}

/** A run that fails without a failing test (a file that does not load, a set-up) counts as one. */
function countsOf(report, code) {
  const counts = { passed: 0, failed: 0, skipped: 0 }
  if (existsSync(report)) {
    const found = JSON.parse(readFileSync(report, 'utf8'))
    counts.passed = found.numPassedTests
    counts.failed = found.numFailedTests
    counts.skipped = found.numPendingTests + found.numTodoTests
  }
  if (code !== 0 && counts.failed === 0) counts.failed = 1
  return counts
}

function capture(command) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk))
    const pass = (signal) => child.kill(signal)
    process.once('SIGTERM', pass)
    child.once('error', (error) => resolve({ code: 127, said: error.message }))
    child.once('close', (code) => {
      process.off('SIGTERM', pass)
      resolve({ code: code ?? 1, said })
    })
  })
}

const seconds = (startedAt) => Math.round((Date.now() - startedAt) / 1000)

/** Imports follow the data flow: schemas <- streams <- processors <- training, serving <- bin. */
const after = (folder, forbidden) => ({
  name: `${folder}-imports-only-upstream`,
  severity: 'error',
  comment:
    'Folders are the steps of the flow and imports point one way (CONTRIBUTING.md, "Structure").',
  from: { path: `^${folder}/`, pathNot: '\\.test\\.ts$' },
  to: { path: `^(${forbidden.join('|')})/` },
})
module.exports = {
  forbidden: [
    after('schemas', ['streams', 'processors', 'training', 'serving', 'bin', 'test', 'bench']),
    after('streams', ['processors', 'training', 'serving', 'bin', 'test', 'bench']),
    after('processors', ['training', 'serving', 'bin', 'test', 'bench']),
    after('training', ['serving', 'bin', 'test', 'bench']),
    after('serving', ['training', 'bin', 'test', 'bench']),
    after('bin', ['test', 'bench']),
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    exclude: { path: '^(dist|\\.candlewire)/' },
  },
}

// A worker thread of Node 20 takes no loader over from its parent, neither inherited nor by
// `execArgv`, so from source the thread begins here and imports itself through tsx.
import { tsImport } from 'tsx/esm/api'

await tsImport('./text-thread.ts', import.meta.url)

/** Examples of the help, by command. A test parses every one of them with the commands as they are. */
export interface Example {
  readonly line: string
  /** What it is good for, in a few words. */
  readonly does: string
}

const EXAMPLES: Readonly<Record<string, readonly (readonly [line: string, does: string])[]>> = {
  start: [
    ['candlewire start', 'simulated market and news'],
    ['candlewire start --candles F.csv.gz --instrument EUR_USD', 'a file'],
    ['candlewire start --dataset oanda-spx500 --from 2024-01 --to 2024-03', 'public data'],
    ['candlewire start --candles F.csv --exit-when-done --json', 'a script'],
  ],
  up: [['candlewire up --json', 'addresses and process ids for a script']],
  down: [['candlewire down', 'stop everything that was started here']],
  status: [['candlewire status && echo all well', 'exit code 1 if a store does not answer']],
  doctor: [['candlewire doctor --json', 'every finding with its remedy']],
  'datasets list': [['candlewire datasets list', 'names, terms, and what is here already']],
  'datasets get': [
    ['candlewire datasets get oanda-spx500 --from 2024-01 --to 2024-03', 'three months'],
  ],
  'produce candles': [
    ['candlewire produce candles --file F.csv.gz --instrument SPX500_USD', 'as fast as it goes'],
    ['candlewire produce candles --file F.csv --speed 60x', 'an hour in a minute'],
  ],
  'produce news': [['candlewire produce news --file news.csv', 'headlines with their times']],
  'dead-letters list': [
    ['candlewire dead-letters list --topic candles.v1 --limit 10', 'what was refused, and why'],
  ],
  'dead-letters show': [['candlewire dead-letters show 0/17', 'one letter with its original']],
  'dead-letters redrive': [
    ['candlewire dead-letters redrive 0/17 0/18', 'once more, in order'],
    ['candlewire dead-letters redrive --fix fixed.ndjson', 'put right'],
  ],
  'sentiment score': [['candlewire sentiment score --file headlines.txt', 'one JSON line a text']],
  run: [
    ['candlewire run all', 'every processor and sink in one process'],
    ['candlewire run features', 'one of several that share the partitions'],
  ],
  'features list': [['candlewire features list --set market-76', 'name, unit, warm-up, source']],
  'features compute': [
    ['candlewire features compute --candles F.csv.gz --out features.parquet', 'no broker needed'],
  ],
  'features check-lookahead': [
    ['candlewire features check-lookahead --candles F.csv.gz', 'does a feature know the future?'],
  ],
  'features backfill': [
    ['candlewire features backfill --instrument SPX500_USD', 'history for new features'],
  ],
  train: [
    ['candlewire train', 'every algorithm, with a search'],
    ['candlewire train --models lightgbm --trials 0 --horizon 60', 'one, as it is, an hour ahead'],
  ],
  'models list': [['candlewire models list', 'errors beside the zero forecast']],
  'models show': [['candlewire models show forward_return_30@champion', 'one version']],
  'models promote': [
    [
      "candlewire models promote forward_return_30/1.1.0 --to production --reason 'judged by hand'",
      '',
    ],
  ],
  'models rollback': [
    ['candlewire models rollback --model forward_return_30', 'the champion before'],
  ],
  'models at': [['candlewire models at 2025-03-07T14:30Z', 'what was live then']],
  serve: [['candlewire serve --port 8081', 'a second server beside the first']],
  replay: [
    ['candlewire replay', 'everything, byte for byte'],
    ['candlewire replay --from 2025-03-07 --to 2025-03-08 --instrument SPX500_USD', 'a day'],
    ['candlewire replay --verify', 'with the verdict on record'],
    ['candlewire replay --topic labels --verify', 'the training examples'],
    ['candlewire replay --into other', 'into a shadow generation'],
    ['candlewire replay --into other --promote', 'and readers switch'],
  ],
  'replay diff': [['candlewire replay diff other', 'feature by feature']],
  'replay promote': [
    ["candlewire replay promote other --reason 'session start corrected'", 'readers switch'],
  ],
  'replay back': [['candlewire replay back', 'readers see what was published']],
  'replay generations': [['candlewire replay generations', 'who promoted what, and when']],
  'drift report': [['candlewire drift report --out drift.html', 'one file to look at']],
  'alerts list': [['candlewire alerts list --all', 'also what is over']],
  'alerts test': [['candlewire alerts test', 'would people hear of it?']],
  completion: [
    ['source <(candlewire completion bash)', 'bash, for this shell'],
    ['candlewire completion zsh > ~/.zfunc/_candlewire', 'zsh, with ~/.zfunc in fpath'],
    ['candlewire completion fish > ~/.config/fish/completions/candlewire.fish', 'fish'],
  ],
}

/** @param path for example `models list` */
export const examplesOf = (path: string): readonly Example[] =>
  (EXAMPLES[path] ?? []).map(([line, does]) => ({ line, does }))

/** Every command that has examples. */
export const EXAMPLE_PATHS: readonly string[] = Object.keys(EXAMPLES)

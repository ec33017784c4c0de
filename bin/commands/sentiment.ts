/** `candlewire sentiment score`: what the sentiment model says of texts, without a broker. */
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Command } from 'commander'
import type { SentimentModel } from '../../processors/sentiment/sentiment-model.ts'
import type { Config } from '../../streams/config.ts'
import { createLogger } from '../../streams/log.ts'
import { openSentiment } from '../open-sentiment.ts'
import { requireReadable } from '../require-readable.ts'
import { runCommand } from '../run-command.ts'

/** Texts handed to the model at a time: enough for its threads, few enough for pipes to flow. */
const TEXTS_AT_A_TIME = 64

const HELP = `
Writes one JSON line a text, in order: {"text", "positive", "negative", "neutral", "score", "model",
"modelSha256"}, score being positive - negative; or {"text", "error"} for a text that cannot be scored.
The model is that of SENTIMENT_MODEL, the very one that scores news.v1.

Exit codes: 0 done, 1 no model, or the file cannot be read; 2 wrong usage.`

export function register(program: Command): void {
  program
    .command('sentiment')
    .description('score texts with the sentiment model')
    .command('score')
    .description('score one text a line, from a file or standard input')
    .option('--file <file>', 'texts, one a line (default: standard input)')
    .option('--json', 'what it writes anyway: one JSON line a text')
    .addHelpText('after', HELP)
    .action(runCommand((config, options: { file?: string }) => score(config, options.file)))
}

async function score(config: Config, file: string | undefined): Promise<void> {
  if (file !== undefined) requireReadable(file)
  const logger = createLogger({ logLevel: 'warn' }, 'sentiment')
  const model = await openSentiment(config, logger)
  process.stderr.write(`model: ${model.name}, sha256 ${model.sha256}\n`)
  try {
    const input = file === undefined ? process.stdin : createReadStream(file)
    let texts: string[] = []
    for await (const line of createInterface({ input, crlfDelay: Infinity })) {
      texts.push(line)
      if (texts.length < TEXTS_AT_A_TIME) continue
      await write(model, texts)
      texts = []
    }
    await write(model, texts)
  } finally {
    await model.close()
  }
}

async function write(model: SentimentModel, texts: readonly string[]): Promise<void> {
  if (texts.length === 0) return
  const scores = await model.score(texts)
  const { name, sha256 } = model
  const lines = texts.map((text, index) => {
    const given = scores[index] ?? { error: 'the model gave no answer' }
    const rest =
      'error' in given
        ? given
        : { ...given, score: given.positive - given.negative, model: name, modelSha256: sha256 }
    return `${JSON.stringify({ text, ...rest })}\n`
  })
  process.stdout.write(lines.join(''))
}

/** The configured instruments: from INSTRUMENTS_FILE, or the same settings for every instrument. */
import { readFileSync } from 'node:fs'
import type { Config } from '../../streams/config.ts'
import { CandlewireError, messageOf } from '../../streams/errors.ts'
import {
  everyInstrument,
  listedInstruments,
  type CalendarSettings,
  type Instruments,
} from './instruments.ts'

/** @throws CandlewireError CONFIG_INVALID, FILE_UNREADABLE */
export function configuredInstruments(
  config: CalendarSettings & Pick<Config, 'instrumentsFile'>,
): Instruments {
  const { instrumentsFile } = config
  if (instrumentsFile === '') return everyInstrument(config)
  return listedInstruments(readJson(instrumentsFile), instrumentsFile, config)
}

function readJson(path: string): unknown {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (thrown) {
    throw new CandlewireError('FILE_UNREADABLE', `INSTRUMENTS_FILE: ${messageOf(thrown)}`, {
      cause: thrown,
    })
  }
  try {
    return JSON.parse(text)
  } catch (thrown) {
    throw new CandlewireError('CONFIG_INVALID', `${path} is not JSON: ${messageOf(thrown)}`, {
      cause: thrown,
    })
  }
}

/** Predictions with what came, and those that wait, each beside what the zero forecast missed by. */
import { byId, element, row, show, table } from '../dom.js'
import { clock, money, signed, digits, NOT_KNOWN } from '../format.js'

const errors = (predicted, came) => {
  const [own, zero] = [Math.abs(predicted - came), Math.abs(came)]
  const cell = element('td', digits(own), own < zero ? 'good' : 'bad')
  cell.append(
    element('span', own < zero ? ' smaller than zero’s' : ' not smaller than zero’s', 'unseen'),
  )
  return [cell, digits(zero)]
}

export function showOutcomes({ decided, waiting, model }) {
  const none =
    model === null ? 'They start with the first live model.' : 'They come with the next bars.'
  if (decided.length === 0) show(byId('decided'), element('p', `No outcome yet. ${none}`, 'empty'))
  else {
    const rows = decided.map((each) => {
      const {
        targetTimeMs,
        eventTimeMs,
        predictedReturn,
        realizedReturn: came,
        modelVersion,
      } = each
      const [own, zero] = came === null ? [NOT_KNOWN, NOT_KNOWN] : errors(predictedReturn, came)
      const result = came === null ? 'no bar' : signed(came)
      return row(
        clock(targetTimeMs),
        clock(eventTimeMs),
        signed(predictedReturn),
        result,
        own,
        zero,
        modelVersion,
      )
    })
    const names = ['about', 'made', 'said %', 'came %', 'error', 'zero’s error', 'version']
    show(byId('decided'), table(names, rows, 'Predictions and what came'))
  }
  if (waiting.length === 0)
    return show(byId('waiting'), element('p', `Nothing waits. ${none}`, 'empty'))
  const rows = waiting.map(
    ({ targetTimeMs, predictedReturn, predictedClose, signalStrength, abstainReason }) =>
      row(
        clock(targetTimeMs),
        signed(predictedReturn),
        money(predictedClose),
        abstainReason === null
          ? signed(signalStrength, 2)
          : `abstains: ${abstainReason.replaceAll('_', ' ')}`,
      ),
  )
  show(
    byId('waiting'),
    table(['about', 'said %', 'price', 'signal'], rows, 'Waiting for their outcome'),
  )
}

import { describe, expect, it } from 'vitest'
import { HOSTILE, reportData } from '../../test/support/report-data.ts'
import { trainingReportPage } from './training-report-page.ts'

const page = trainingReportPage(reportData('regression'))

describe('trainingReportPage', () => {
  it('says first that a candidate was not promoted, and why', () => {
    const summary = page.slice(page.indexOf('class="summary"'), page.indexOf('<nav'))
    expect(summary).toContain('Not promoted.')
    expect(summary).toContain('no edge is claimed')
    expect(summary).toContain('that of the zero forecast 0.15000: not lower.')
  })

  it('has a section, and its anchor in the contents, for everything a run leaves', () => {
    const linked = [...page.matchAll(/<a href="#([a-z0-9-]+)"/g)].map(([, id]) => id)
    expect(linked).toEqual([
      'gate',
      'metrics',
      ...[1, 2, 3, 4].map((rank) => `candidate-${rank}`),
      'quality',
      'trials',
      'run',
      'manifest',
    ])
    for (const id of linked) expect(page).toContain(`<section id="${id}"`)
    for (const title of [
      'Forecasts against what came, out_of_time',
      'Residuals, out_of_time',
      'Receiver operating characteristic',
      'Calibration',
      'Direction forecast and direction that came',
      'The 20 most important of 30 columns',
      'Learning curve',
      'Equity of the backtest',
    ])
      expect(page.split(title)).toHaveLength(5)
  })

  it('shows every error beside that of the zero and the last-return forecast', () => {
    expect(page).toMatch(
      /RMSE<\/th>\s*<th scope="col">zero<\/th>\s*<th scope="col">last return<\/th>/,
    )
    expect(page).toContain('<td class="better">0.14900</td>')
    expect(page).toContain('<td class="worse">0.15100</td>')
  })

  it('takes nothing from the network, runs nothing, and escapes what is data', () => {
    expect(page).toContain(`default-src 'none'`)
    expect(page).not.toMatch(/<script|<link|<img|<iframe|@import|url\(/)
    expect(
      page.match(/https?:\/\/[^"' ]+/g)?.filter((url) => !url.startsWith('http://www.w3.org/')),
    ).toEqual([])
    expect(page).not.toContain(HOSTILE)
    expect(page).toContain('&lt;script&gt;alert(')
  })

  it('is the same text for the same data', () => {
    expect(trainingReportPage(reportData('regression'))).toBe(page)
  })

  it('has probabilities and areas for a classification', () => {
    const text = trainingReportPage(reportData('classification'))
    for (const word of [
      'Log loss',
      'Calibration error',
      'Forecast probability',
      'the direction over',
    ])
      expect(text).toContain(word)
  })

  it('says why there is no model where the checks stopped the run', () => {
    const data = reportData('regression')
    const stopped = trainingReportPage({
      ...data,
      manifest: null,
      manifestDigest: null,
      candidates: [],
      trials: [],
      quality: { ...data.quality!, outcome: 'failed' },
    })
    expect(stopped).toContain('No model.')
    expect(stopped).toContain('did not pass the checks before training')
    expect(stopped).not.toContain('id="metrics"')
  })
})

// Hands events over: `node producer.mjs fill FILE`.
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { queue } from './deliveries.mjs'

const BATCH = 500
const deliveries = queue()
let jobs = []
for await (const line of createInterface({ input: createReadStream(process.argv[3]) })) {
  jobs.push({ name: 'deliver', data: JSON.parse(line) })
  if (jobs.length === BATCH) await deliveries.addBulk(jobs.splice(0))
}
if (jobs.length) await deliveries.addBulk(jobs)
await deliveries.close()

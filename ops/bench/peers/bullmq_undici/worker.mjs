// One worker process: `node worker.mjs CONCURRENCY`.
import { worker } from './deliveries.mjs'

const running = worker(Number(process.argv[2]))
running.on('error', (error) => console.error(error))
process.on('SIGTERM', async () => {
  await running.close()
  process.exit(0)
})

// Posts orders and customers, whole, to storehouse's receiver as soon as they change.
//
// An event only marks what has changed; the record is read when it is posted. So no request of the
// shop is delayed, and a record that changes twice while the receiver is down is posted once. The
// marks are in memory: a restart loses them, and storehouse's next pull reads those records.
const { createHash, createHmac } = require("node:crypto")
const { setTimeout: pause } = require("node:timers/promises")
const { defineFileConfig } = require("@medusajs/framework/utils")
const { getOrdersListWorkflow } = require("@medusajs/medusa/core-flows")

const RECEIVER = process.env.STOREHOUSE_RECEIVER
// What the pull asks for, by kind of record: {"header": …, "fields": {"order": […], "customer": […]}}.
const { header, fields } = JSON.parse(process.env.STOREHOUSE_EVENTS || '{"fields": {}}')
const [SECRET] = (process.env.MEDUSA_WEBHOOK_SECRET || "").split(/\s+/).filter(Boolean)
// fetch refuses such an address, and logs must not show its password.
const HAS_PASSWORD = Boolean(RECEIVER?.includes("@"))
const IS_ON = Boolean(RECEIVER && SECRET && header && !HAS_PASSWORD)
if (HAS_PASSWORD) {
  console.error(
    "storehouse: no events are posted: STOREHOUSE_RECEIVER has a user or password. Set it to an " +
      "address without one, since MEDUSA_WEBHOOK_SECRET signs events, and start Medusa again."
  )
} else if (RECEIVER && !IS_ON) {
  console.error(
    "storehouse: no events are posted: STOREHOUSE_RECEIVER is set, and MEDUSA_WEBHOOK_SECRET or " +
      "STOREHOUSE_EVENTS is not. Set both and start Medusa again."
  )
}

const ANSWER_SECONDS = 15
const LONGEST_WAIT_SECONDS = 30
const LONGEST_RETRY_AFTER_SECONDS = 300
// A record that can't be read is tried again after 1, 4, 16 and 64 s, and then given up.
const READS = 5
// Bodies that are answered with these are not taken later either.
const HOPELESS = new Set([400, 413, 422])
// Where the id in an event is another's, the order that it belongs to.
const ORDER_OF = { payment: "payment_collection.order.id", fulfillment: "order.id" }
const EVENTS = {
  customer: ["customer.created", "customer.updated"],
  fulfillment: ["shipment.created", "delivery.created"],
  payment: ["payment.captured", "payment.refunded"],
  order: [
    "order.placed",
    "order.updated",
    "order.canceled",
    "order.completed",
    "order.archived",
    "order.fulfillment_created",
    "order.fulfillment_canceled",
    "order.return_requested",
    "order.return_received",
    "order.claim_created",
    "order.exchange_created",
    "order.transfer_requested",
    "order-edit.confirmed",
  ],
}

// No record is taken: the receiver is down, or its address, secret or set-up is wrong.
class ReceiverError extends Error {
  constructor(message, retryAfter = 0) {
    super(message)
    this.retryAfter = retryAfter
  }
}

// What has changed and is not posted yet, by kind and id, the oldest first.
const changed = new Map()
let isPosting = false

// The newest change of a record counts, and an order stays marked as placed.
function mark(kind, id, type, time, isPlaced = type === "order.placed") {
  const key = `${kind} ${id}`
  isPlaced ||= Boolean(changed.get(key)?.isPlaced)
  changed.set(key, { key, kind, id, type, time, isPlaced, failedReads: 0, isWaiting: false })
}

// Mark a record again that was not posted, unless it has changed since.
function restore(change) {
  const newer = changed.get(change.key)
  if (newer) newer.isPlaced ||= change.isPlaced
  else changed.set(change.key, change)
}

function nextChange() {
  for (const change of changed.values()) if (!change.isWaiting) return change
}

async function read(container, { kind, id }) {
  if (kind === "order") {
    // As the pull's request is answered: drafts are no orders.
    const filters = { id, is_draft_order: false }
    const input = { fields: fields.order, variables: { filters, skip: 0, take: 1 } }
    const { result } = await getOrdersListWorkflow(container).run({ input })
    return result.rows[0]
  }
  return find(container, kind, id, fields[kind])
}

async function find(container, entity, id, fields) {
  const { data } = await container.resolve("query").graph({ entity, fields, filters: { id } })
  return data[0]
}

async function post(body) {
  const time = Math.floor(Date.now() / 1000)
  const signature = createHmac("sha256", SECRET).update(`${time}.${body}`).digest("hex")
  try {
    const answer = await fetch(RECEIVER, {
      method: "POST",
      headers: { "content-type": "application/json", [header]: `t=${time},v1=${signature}` },
      body,
      redirect: "error", // fetch follows a 301 or 302 by a GET without the body
      signal: AbortSignal.timeout(ANSWER_SECONDS * 1000),
    })
    return { answer, said: (await answer.text()).slice(0, 500) }
  } catch (error) {
    throw new ReceiverError(error.cause?.message || error.message)
  }
}

// Post a record as it is now. Throws a ReceiverError, or what reading the record throws.
async function send(container, logger, change) {
  const { kind, id, type, time, isPlaced } = change
  if (ORDER_OF[kind]) {
    const found = await find(container, kind, id, [ORDER_OF[kind]])
    const order = ORDER_OF[kind].split(".").reduce((value, name) => value?.[name], found)
    if (order) mark("order", order, type, time)
    return
  }
  const record = await read(container, change)
  if (!record) return // a draft, or deleted since
  const data = JSON.stringify({ [kind]: record })
  // Tried again, the same change of the same record is the same event.
  const eventId = createHash("sha256").update(`${kind} ${id} ${time} ${data}`).digest("hex")
  const body = `{"id":"${eventId}","type":"${type}","time":"${time}","data":${data}}`
  const { answer, said } = await post(body)
  if (answer.status === 202 || HOPELESS.has(answer.status)) {
    logger.warn(`storehouse: ${kind} ${id} is not in the log: ${answer.status} ${said}`)
  } else if (!answer.ok) {
    const retryAfter = Number(answer.headers.get("retry-after")) || 0
    throw new ReceiverError(`${answer.status} ${said}`, retryAfter)
  }
  // Medusa has no event for a guest, who becomes a customer by ordering.
  if (isPlaced && record.customer_id) mark("customer", record.customer_id, type, time, false)
}

// Read a record again after a pause that delays no other, or give it up.
async function readAgain(container, logger, change, error) {
  const wait = 4 ** change.failedReads
  const failure = `storehouse: ${change.key} could not be read: ${error?.message ?? error}.`
  change.failedReads += 1
  if (change.failedReads === READS) {
    logger.warn(`${failure} Given up after ${READS} attempts; storehouse's next pull reads it.`)
    return
  }
  logger.warn(`${failure} Trying again in ${wait} s.`)
  change.isWaiting = true
  restore(change)
  await pause(wait * 1000, undefined, { ref: false })
  change.isWaiting = false
  start(container)
}

async function postAll(container) {
  const logger = container.resolve("logger")
  let failures = 0
  let change
  while ((change = nextChange())) {
    changed.delete(change.key)
    try {
      await send(container, logger, change)
      failures = 0
    } catch (error) {
      if (!(error instanceof ReceiverError)) {
        void readAgain(container, logger, change, error)
        continue
      }
      restore(change)
      const wait = Math.max(
        Math.min(2 ** failures, LONGEST_WAIT_SECONDS),
        Math.min(error.retryAfter, LONGEST_RETRY_AFTER_SECONDS)
      )
      failures += 1
      logger.warn(
        `storehouse: ${change.key} could not be posted to ${RECEIVER}: ${error.message}. ` +
          `${changed.size} waiting; trying again in ${wait} s.`
      )
      await pause(wait * 1000, undefined, { ref: false })
    }
  }
  isPosting = false
}

function start(container) {
  if (isPosting) return
  isPosting = true
  void postAll(container)
}

exports.default = async function storehouse({ event, container }) {
  const kind = Object.keys(EVENTS).find((one) => EVENTS[one].includes(event.name))
  const id = kind === "order" ? event.data.order_id || event.data.id : event.data.id
  mark(kind, id, event.name, new Date().toISOString())
  start(container)
}

exports.config = { event: Object.values(EVENTS).flat() }

defineFileConfig({ isDisabled: () => !IS_ON })

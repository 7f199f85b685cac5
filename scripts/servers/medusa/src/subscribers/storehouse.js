// Posts orders and customers, whole, to storehouse's receiver as soon as they change.
//
// An event only marks what has changed; the record is read when it is posted. While the receiver is
// away, a record that changes twice is posted once, and the shop waits for nothing. The marks are in
// memory: what a restart forgets comes with storehouse's next pull.
const { createHash, createHmac } = require("node:crypto")
const { setTimeout: pause } = require("node:timers/promises")
const { defineFileConfig } = require("@medusajs/framework/utils")
const { getOrdersListWorkflow } = require("@medusajs/medusa/core-flows")

const RECEIVER = process.env.STOREHOUSE_RECEIVER
// What the pull asks for, by kind of record: {"header": …, "fields": {"order": […], "customer": […]}}.
const { header, fields } = JSON.parse(process.env.STOREHOUSE_EVENTS || '{"fields": {}}')
const [SECRET] = (process.env.MEDUSA_WEBHOOK_SECRET || "").split(/\s+/).filter(Boolean)
const IS_ON = Boolean(RECEIVER && SECRET && header)
if (RECEIVER && !IS_ON) {
  console.error(
    "storehouse: no events are posted: STOREHOUSE_RECEIVER is set, and MEDUSA_WEBHOOK_SECRET or " +
      "STOREHOUSE_EVENTS is not. Set both and start Medusa again."
  )
}

const ANSWER_SECONDS = 15
const LONGEST_WAIT_SECONDS = 30
// Bodies that are answered with these are not taken later either.
const HOPELESS = new Set([400, 405, 413, 422])
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

// What has changed and is not posted yet, by kind and id, the oldest first.
const changed = new Map()
let isPosting = false

// The newest change of a record counts, but that an order was placed is not forgotten.
function mark(kind, id, type, time, isPlaced = type === "order.placed") {
  const key = `${kind} ${id}`
  changed.set(key, { kind, id, type, time, isPlaced: isPlaced || changed.get(key)?.isPlaced })
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
  return fetch(RECEIVER, {
    method: "POST",
    headers: { "content-type": "application/json", [header]: `t=${time},v1=${signature}` },
    body,
    signal: AbortSignal.timeout(ANSWER_SECONDS * 1000),
  })
}

// Post a record as it is now. Throws if that is to be tried again.
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
  const answer = await post(body)
  const said = await answer.text()
  if (answer.status === 202 || HOPELESS.has(answer.status)) {
    logger.warn(`storehouse: ${kind} ${id} is not in the log: ${answer.status} ${said}`)
  } else if (!answer.ok) {
    const error = new Error(`${answer.status} ${said}`)
    error.retryAfter = Number(answer.headers.get("retry-after")) || 0
    throw error
  }
  // Medusa has no event for a guest, who becomes a customer by ordering.
  if (isPlaced && record.customer_id) mark("customer", record.customer_id, type, time, false)
}

async function postAll(container) {
  const logger = container.resolve("logger")
  let failures = 0
  while (changed.size) {
    const [[key, change]] = changed
    changed.delete(key)
    try {
      await send(container, logger, change)
      failures = 0
    } catch (error) {
      const { kind, id, type, time, isPlaced } = changed.get(key) || change
      mark(kind, id, type, time, isPlaced || change.isPlaced)
      const wait = Math.max(Math.min(2 ** failures, LONGEST_WAIT_SECONDS), error.retryAfter || 0)
      const why = error.cause?.message || error.message
      failures += 1
      logger.warn(
        `storehouse: ${key} could not be posted to ${RECEIVER}: ${why}. ` +
          `${changed.size} waiting; trying again in ${wait} s.`
      )
      await pause(wait * 1000, undefined, { ref: false })
    }
  }
  isPosting = false
}

exports.default = async function storehouse({ event, container }) {
  const kind = Object.keys(EVENTS).find((one) => EVENTS[one].includes(event.name))
  const id = kind === "order" ? event.data.order_id || event.data.id : event.data.id
  mark(kind, id, event.name, new Date().toISOString())
  if (isPosting) return
  isPosting = true
  void postAll(container)
}

exports.config = { event: Object.values(EVENTS).flat() }

defineFileConfig({ isDisabled: () => !IS_ON })

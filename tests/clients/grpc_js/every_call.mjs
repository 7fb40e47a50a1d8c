// node every_call.mjs HOST:PORT USER ITEM
//
// Calls every method of the service with what reflection says of it alone, and prints what came as
// JSON: method name to answer. Ends with 1 if a method has no request below or an answer is an error.
import grpc from "@grpc/grpc-js";
import reflection from "grpc-js-reflection-client";

const SERVICE = "matinee.v1.Recommender";
const DEADLINE_MS = 60_000;

const [target, user, item] = process.argv.slice(2);
if (!item) {
  console.error("usage: node every_call.mjs HOST:PORT USER ITEM");
  process.exit(2);
}

const viewers = [{ user_id: user }];
// protobuf.js reads a map of a descriptor as what it is on the wire, a list of entries.
const film = {
  item_id: "from-node",
  features: [
    { key: "title", value: { values: ["A film from Node"] } },
    { key: "genres", value: { values: ["Drama"] } },
  ],
};

// In this order: what is upserted is then asked for, and deleted in the end.
const requests = {
  GetModelInfo: {},
  UpsertItems: { items: [film] },
  Recommend: { viewers, k: 3, explain: true, objective: "BLEND", rating_weight: 0.25 },
  Rank: { viewers, item_ids: [item, "from-node"] },
  SimilarItems: { item_id: "from-node", k: 3 },
  RecordEvents: [
    { event_id: "node-1", user_id: "from-node", item_id: item, rating: 4 },
    { event_id: "node-2", user_id: "from-node", item_id: "from-node" },
  ],
  DeleteItems: { item_ids: ["from-node"] },
};

function call(client, method, request) {
  return new Promise((resolve, reject) => {
    const done = (error, answer) => (error ? reject(error) : resolve(answer));
    const options = { deadline: Date.now() + DEADLINE_MS };
    if (!method.requestStream) {
      client[method.name](request, options, done);
      return;
    }
    const stream = client[method.name](options, done);
    for (const each of request) stream.write(each);
    stream.end();
  });
}

const credentials = grpc.credentials.createInsecure();
const { GrpcReflection } = reflection;
const server = new GrpcReflection(target, credentials, {}, "v1alpha");
const names = (await server.listMethods(SERVICE)).map((method) => method.name);
const missing = names.filter((name) => !(name in requests));
if (missing.length || names.length !== Object.keys(requests).length) {
  throw new Error(`expected requests of ${names}, got those of ${Object.keys(requests)}`);
}

const descriptor = await server.getDescriptorBySymbol(SERVICE);
const loaded = descriptor.getPackageObject({ keepCase: true, enums: String, longs: Number });
const Recommender = loaded.matinee.v1.Recommender;
const client = new Recommender(target, credentials);
const answers = {};
for (const [name, request] of Object.entries(requests)) {
  const { requestStream } = Recommender.service[name];
  answers[name] = await call(client, { name, requestStream }, request);
}
client.close();
console.log(JSON.stringify(answers));

// Asks for lists over gRPC; run by benchmarks/serving_load/k6.py, which sets the environment. At a
// fixed rate, requests start when they are due, whatever the server does; without one there is a
// single client, whose next request starts when the last was answered.

import exec from "k6/execution";
import { Trend } from "k6/metrics";
import grpc from "k6/net/grpc";

const viewers = JSON.parse(open(__ENV.VIEWERS));
const report = __ENV.STAGES === "1";
const stages = new Trend("stage", true);
const duration = `${__ENV.SECONDS}s`;
const atRate = {
  executor: "constant-arrival-rate",
  rate: Number(__ENV.PER_MINUTE),
  timeUnit: "1m",
  duration,
  preAllocatedVUs: Number(__ENV.CONNECTIONS),
  gracefulStop: "10s",
};
const oneClient = { executor: "constant-vus", vus: 1, duration, gracefulStop: "10s" };
const client = new grpc.Client();
client.load([__ENV.ROOT], "schemas/recommender.proto");
let connected = false;

export const options = {
  scenarios: { load: __ENV.PER_MINUTE ? atRate : oneClient },
  systemTags: ["status", "vu", "iter"],
  summaryMode: "disabled",
};

export default function () {
  if (!connected) {
    client.connect(__ENV.TARGET, { plaintext: true });
    connected = true;
  }
  const asked = viewers[exec.scenario.iterationInTest % viewers.length];
  const request = { viewers: asked.map((user) => ({ userId: user })), k: 10 };
  const settings = { timeout: "10s", discardResponseMessage: !report };
  const response = client.invoke("matinee.v1.Recommender/Recommend", request, settings);
  if (report && response.message) {
    for (const stage of response.message.stages) {
      stages.add(stage.milliseconds, { name: stage.stage });
    }
  }
}

// Asks for lists at a fixed rate over gRPC; run by benchmarks/serving_load/k6.py, which sets the
// environment. Requests start when they are due, whatever the server does.

import exec from "k6/execution";
import { Trend } from "k6/metrics";
import grpc from "k6/net/grpc";

const viewers = JSON.parse(open(__ENV.VIEWERS));
const report = __ENV.STAGES === "1";
const stages = new Trend("stage", true);
const client = new grpc.Client();
client.load([__ENV.ROOT], "schemas/recommender.proto");
let connected = false;

export const options = {
  scenarios: {
    load: {
      executor: "constant-arrival-rate",
      rate: Number(__ENV.PER_MINUTE),
      timeUnit: "1m",
      duration: `${__ENV.SECONDS}s`,
      preAllocatedVUs: Number(__ENV.CONNECTIONS),
      gracefulStop: "10s",
    },
  },
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

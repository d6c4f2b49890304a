// Better Auth with nothing but passwords, in memory: `node server.mjs argon2id` or `scrypt`, its own. Prints its address.
import { createServer } from "node:http";
import { hash, verify } from "@node-rs/argon2";
import { betterAuth } from "better-auth";
import { memoryAdapter } from "better-auth/adapters/memory";
import { toNodeHandler } from "better-auth/node";

const argon2id = {
  hash: (password) => hash(password, { memoryCost: 19456, timeCost: 2, parallelism: 1 }),
  verify: ({ hash, password }) => verify(hash, password),
};
const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const url = `http://127.0.0.1:${server.address().port}`;
  const auth = betterAuth({
    baseURL: url,
    secret: "of no use to anybody but this benchmark",
    database: memoryAdapter({ user: [], session: [], account: [], verification: [] }),
    emailAndPassword: { enabled: true, password: process.argv[2] === "argon2id" ? argon2id : undefined },
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
  });
  server.on("request", toNodeHandler(auth));
  console.log(url);
});

// npm `centrifuge` under Node with `ws`, unmodified. Usage: node scenes.mjs SCENE, with the facts as JSON on stdin.
// Each scene ends, or throws; the server is driven by RPCs of the test's own.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Centrifuge } from 'centrifuge';
import WebSocket from 'ws';

const facts = JSON.parse(readFileSync(0, 'utf8'));
const { url, tokens, channels } = facts;
const clients = [];

function client(options = {}) {
  const centrifuge = new Centrifuge(url, { websocket: WebSocket, minReconnectDelay: 10, ...options });
  const log = { connecting: [], disconnected: [], errors: [], publications: [], subscribed: [] };
  centrifuge.on('connecting', (ctx) => log.connecting.push(ctx.code));
  centrifuge.on('disconnected', (ctx) => log.disconnected.push(ctx.code));
  centrifuge.on('error', (ctx) => log.errors.push(ctx.error.code));
  centrifuge.on('publication', (ctx) => log.publications.push(ctx.data));
  centrifuge.on('subscribed', (ctx) => log.subscribed.push(ctx));
  clients.push(centrifuge);
  centrifuge.connect();
  return { centrifuge, log };
}

function subscribe({ centrifuge }, channel) {
  const subscription = centrifuge.newSubscription(channel);
  const log = { data: [], subscribed: [], unsubscribed: [], joins: [], leaves: [], errors: [] };
  subscription.on('publication', (ctx) => log.data.push(ctx.data));
  subscription.on('subscribed', (ctx) => log.subscribed.push(ctx));
  subscription.on('unsubscribed', (ctx) => log.unsubscribed.push(ctx.code));
  subscription.on('join', (ctx) => log.joins.push(ctx.info.user));
  subscription.on('leave', (ctx) => log.leaves.push(ctx.info.user));
  subscription.on('error', (ctx) => log.errors.push(ctx.error.code));
  subscription.subscribe();
  return { subscription, log };
}

async function until(condition) {
  const deadline = Date.now() + 10_000;
  while (!condition()) {
    assert.ok(Date.now() < deadline, `waited in vain for ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function code(promise) {
  const error = await promise.then(() => assert.fail('was not refused'), (error) => error);
  return error.code;
}

const scenes = {
  async hears() {
    const ann = client({ token: tokens.ann });
    const room = subscribe(ann, channels.room);
    await ann.centrifuge.ready(5000);
    await room.subscription.ready(5000);
    await ann.centrifuge.rpc('publish', { channel: channels.room, data: [{ n: 1 }, { n: 2 }] });
    await ann.centrifuge.rpc('publish', { channel: channels.ann, data: ['for you'] });
    await until(() => room.log.data.length === 2 && ann.log.publications.length === 1);
    assert.deepEqual(room.log.data, [{ n: 1 }, { n: 2 }]);
    assert.deepEqual(ann.log.publications, ['for you']);
    assert.equal(ann.log.subscribed[0].channel, channels.ann);
    assert.equal(room.log.subscribed[0].recoverable, true);
    assert.deepEqual((await ann.centrifuge.rpc('echo', { a: [1] })).data, { a: [1] });
  },

  async meets() {
    const [ann, bob] = [client({ token: tokens.ann }), client({ token: tokens.bob })];
    const signals = subscribe(ann, channels.signals);
    const theirs = subscribe(bob, channels.signals);
    await Promise.all([signals.subscription.ready(5000), theirs.subscription.ready(5000)]);
    await theirs.subscription.publish({ type: 'typing' });
    await until(() => signals.log.data.length === 1);
    const room = subscribe(ann, channels.room);
    await room.subscription.ready(5000);
    await subscribe(bob, channels.room).subscription.ready(5000);
    await until(() => room.log.joins.length === 2);
    assert.equal(Object.keys((await room.subscription.presence()).clients).length, 2);
    assert.deepEqual(await room.subscription.presenceStats(), { numClients: 2, numUsers: 2 });
    await ann.centrifuge.rpc('publish', { channel: channels.room, data: [1, 2, 3] });
    const page = await room.subscription.history({ limit: 2, reverse: true });
    assert.deepEqual(page.publications.map((pub) => pub.data), [3, 2]);
    assert.equal(page.offset, 3);
    bob.centrifuge.disconnect();
    await until(() => room.log.leaves.length === 1);
  },

  async recovers() {
    const ann = client({ token: tokens.ann });
    const room = subscribe(ann, channels.room);
    await room.subscription.ready(5000);
    await ann.centrifuge.rpc('publish', { channel: channels.room, data: [1] });
    for (const missed of [[2, 3], [4, 5]]) {
      ann.centrifuge.rpc('drop', { channel: channels.room, data: missed }).catch(() => {});
      await until(() => room.log.data.length === missed[1]);
    }
    assert.deepEqual(room.log.data, [1, 2, 3, 4, 5]);
    assert.deepEqual(
      room.log.subscribed.map((ctx) => [ctx.wasRecovering, ctx.recovered]),
      [[false, false], [true, true], [true, true]],
    );
    await ann.centrifuge.ready(5000);
    ann.centrifuge.rpc('drop', { channel: channels.ann, data: ['missed'] }).catch(() => {});
    await until(() => ann.log.publications.length === 1);
    assert.deepEqual(ann.log.publications, ['missed']);
  },

  async loses() {
    const ann = client({ token: tokens.ann });
    const room = subscribe(ann, channels.room);
    await room.subscription.ready(5000);
    const data = Array.from({ length: 301 }, (_, n) => n);
    ann.centrifuge.rpc('drop', { channel: channels.room, data }).catch(() => {});
    await until(() => room.log.subscribed.length === 2);
    assert.deepEqual([room.log.subscribed[1].wasRecovering, room.log.subscribed[1].recovered], [true, false]);
    await ann.centrifuge.ready(5000);
    await ann.centrifuge.rpc('publish', { channel: channels.room, data: ['on'] });
    await until(() => room.log.data.length === 1);
    assert.deepEqual(room.log.data, ['on']);
  },

  async refreshes() {
    const rest = [...tokens.short];
    const ann = client({ token: tokens.expired, getToken: async () => rest.shift() ?? tokens.ann });
    await until(() => rest.length === 0);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    assert.deepEqual(ann.log.errors, [109]);
    assert.equal(ann.centrifuge.state, 'connected');
    assert.equal(ann.log.connecting.filter((reason) => reason > 1 && reason !== 109).length, 0);
    assert.deepEqual((await ann.centrifuge.rpc('echo', {})).data, {});
  },

  async refused() {
    const forger = client({ token: 'forged' });
    await until(() => forger.log.disconnected.length === 1);
    assert.deepEqual(forger.log.disconnected, [3500]);
    const ann = client({ token: tokens.ann });
    await ann.centrifuge.ready(5000);
    for (const channel of channels.forbidden) {
      const { log } = subscribe(ann, channel);
      await until(() => log.unsubscribed.length === 1);
      assert.deepEqual(log.unsubscribed, [103]);
      assert.equal(await code(ann.centrifuge.publish(channel, 1)), 103);
      assert.equal(await code(ann.centrifuge.presence(channel)), 103);
      assert.equal(await code(ann.centrifuge.history(channel, { limit: 1 })), 103);
    }
    await subscribe(ann, channels.room).subscription.ready(5000);
    assert.equal(await code(ann.centrifuge.publish(channels.room, 1)), 103);
    assert.equal(await code(ann.centrifuge.rpc('refuse', {})), 409);
    assert.equal(await code(ann.centrifuge.rpc('nothing', {})), 104);
  },

  async ousted() {
    const ann = client({ token: tokens.ann });
    const room = subscribe(ann, channels.room);
    await room.subscription.ready(5000);
    await ann.centrifuge.rpc('unsubscribe', { channel: channels.room });
    await until(() => room.log.unsubscribed.length === 1);
    assert.deepEqual(room.log.unsubscribed, [2000]);
    ann.centrifuge.rpc('disconnect', {}).catch(() => {});
    await until(() => ann.log.disconnected.length === 1);
    assert.deepEqual(ann.log.disconnected, [3503]);
  },

  async anonymous() {
    const nobody = client();
    const slots = subscribe(nobody, channels.slots);
    await slots.subscription.ready(5000);
    await nobody.centrifuge.rpc('publish', { channel: channels.slots, data: [1] });
    await until(() => slots.log.data.length === 1);
    const room = subscribe(nobody, channels.room);
    await until(() => room.log.unsubscribed.length === 1);
    assert.deepEqual(room.log.unsubscribed, [103]);
  },

  async oversize() {
    const ann = client({ token: tokens.ann });
    await ann.centrifuge.ready(5000);
    ann.centrifuge.rpc('echo', { x: 'y'.repeat(70_000) }).catch(() => {});
    await until(() => ann.log.disconnected.length === 1);
    assert.deepEqual(ann.log.disconnected, [3]); // the library's own code of 1009: terminal
  },
};

try {
  await scenes[process.argv[2]]();
} finally {
  clients.forEach((centrifuge) => centrifuge.disconnect());
}

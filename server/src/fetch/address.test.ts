import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { failed, openFetch, refused } from "../../test/guarded-fetch.ts";
import { serveHttp } from "../../test/listening.ts";
import { createAddressRules } from "./address.ts";

const privateHosts = [
  ..."127.0.0.1 127.1 2130706433 0x7f000001 0177.0.0.1 127.0.0.1. 0.0.0.0 0 10.0.0.1".split(" "),
  ..."172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254 0xA9FEA9FE 100.64.0.1".split(" "),
  ..."192.0.0.1 192.0.2.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 240.0.0.1".split(" "),
  ..."255.255.255.255 168.63.129.16 192.88.99.1 １２７.0.0.1 127。0。0。1 ①②⑦.0.0.1".split(" "),
  ..."[::] [::1] [::127.0.0.1] [::ffff:127.0.0.1] [::ffff:7f00:1] [::ffff:8.8.8.8]".split(" "),
  ..."[64:ff9b::7f00:1] [64:ff9b:1::1] [2002:7f00:1::] [2001::1] [2001:db8::1] [3fff::1]".split(
    " ",
  ),
  ..."[fc00::1] [fdff::1] [fe80::1] [fec0::1] [ff02::1] [100::1] [5f00::1]".split(" "),
];

describe("addresses", () => {
  test("G1 refuses what is not public, however it is written", async (t) => {
    const asked: string[] = [];
    const resolve = async (name: string) => (asked.push(name), ["8.8.8.8"]);
    const fetch = openFetch(t, { allow: [], resolve });
    for (const host of privateHosts) {
      for (const send of [fetch.request, fetch.stream]) {
        await assert.rejects(send({ url: `https://${host}/` }), refused("address"), host);
      }
    }
    assert.deepEqual(asked, []);
  });

  test("G1 refuses names of what is not public, before any connection", async (t) => {
    const inside = await serveHttp(t, (_, answer) => answer.end("inside"));
    const names = [
      "localhost",
      "localhost.",
      "intra.example",
      "ｌｏｃａｌｈｏｓｔ",
      "bücher.example",
    ];
    const seen: string[] = [];
    const resolve = async (name: string) => (seen.push(name), ["127.0.0.1"]);
    const fetch = openFetch(t, { allow: [], resolve });
    for (const name of names) {
      const url = `https://${name}:${inside.port}/`;
      await assert.rejects(fetch.request({ url }), refused("address"), name);
      await assert.rejects(fetch.request({ url, isAlone: true }), refused("address"), name);
    }
    assert.equal(inside.connections(), 0);
    assert.deepEqual([...new Set(seen)].toSorted(), [
      "intra.example",
      "localhost",
      "localhost.",
      "xn--bcher-kva.example",
    ]);
  });

  test("G1 tells public addresses from all others", () => {
    const { judge } = createAddressRules(["10.1.0.0/16", "fd00::/8", "127.0.0.1"]);
    for (const address of ["8.8.8.8", "1.1.1.1", "172.32.0.1", "2606:4700::1111", "2a00::1"]) {
      assert.equal(judge(address), "public", address);
    }
    for (const address of ["10.1.2.3", "fd12::1", "127.0.0.1"]) {
      assert.equal(judge(address), "allowed", address);
    }
    for (const address of ["10.2.0.1", "127.0.0.2", "fe80::1%eth0", "example", "", "1.2.3"]) {
      assert.equal(judge(address), "forbidden", address);
    }
  });

  test("G1 permits what the operator names, and nothing beside it", async (t) => {
    const inside = await serveHttp(t, (_, answer) => answer.end("inside"));
    const fetch = openFetch(t, { allow: ["127.0.0.1/32"] });
    assert.equal(String((await fetch.request({ url: inside.url })).body), "inside");
    const beside = `http://127.0.0.2:${inside.port}`;
    await assert.rejects(fetch.request({ url: beside }), refused("address"));
  });

  test("G1 calls nothing but http and https, and no URL with credentials", async (t) => {
    const fetch = openFetch(t);
    for (const url of ["file:///etc/passwd", "ftp://127.0.0.1/", "data:,x", "javascript:1"]) {
      await assert.rejects(fetch.request({ url }), refused("scheme"), url);
    }
    for (const url of ["https://a:b@127.0.0.1/", "https://a@127.0.0.1/", "", "/x", "https://"]) {
      await assert.rejects(fetch.request({ url }), refused("url"), url);
    }
  });

  test("G20 calls public addresses with TLS only", async (t) => {
    const fetch = openFetch(t, { resolve: async () => ["8.8.8.8"] });
    await assert.rejects(fetch.request({ url: "http://8.8.8.8/" }), refused("scheme"));
    await assert.rejects(fetch.request({ url: "http://public.example/" }), refused("scheme"));
  });
});

describe("names", () => {
  test("G2 connects to the address that was checked, and asks once", async (t) => {
    const inside = await serveHttp(t, (request, answer) => answer.end(request.headers.host));
    const answers = [["127.0.0.1"], ["10.0.0.1"]];
    let asked = 0;
    const fetch = openFetch(t, { resolve: async () => answers[asked++]! });
    const url = `http://rebinding.example:${inside.port}/`;
    const { body } = await fetch.request({ url });
    assert.equal(String(body), `rebinding.example:${inside.port}`);
    assert.equal(asked, 1);
    await assert.rejects(fetch.request({ url, isAlone: true }), refused("address"));
  });

  test("G2 refuses a name with one bad address among good ones", async (t) => {
    for (const bad of ["127.0.0.1", "::1", "10.0.0.1", "not an address"]) {
      const answers = ["8.8.8.8", "2606:4700::1111", bad];
      const fetch = openFetch(t, { allow: [], resolve: async () => answers });
      await assert.rejects(fetch.request({ url: "https://many.example/" }), refused("address"));
    }
  });

  test("G2 uses of several addresses only the permitted ones", async (t) => {
    const inside = await serveHttp(t, (_, answer) => answer.end("inside"));
    const fetch = openFetch(t, { resolve: async () => ["::1", "10.0.0.1", "127.0.0.1"] });
    const { body } = await fetch.request({ url: `http://mixed.example:${inside.port}/` });
    assert.equal(String(body), "inside");
  });

  test("reports a name without an address, and a resolver that does not answer", async (t) => {
    const notFound = Object.assign(new Error("no such name"), { code: "ENOTFOUND" });
    const fetch = openFetch(t, { resolve: () => Promise.reject(notFound) });
    const url = "https://nowhere.example/";
    await assert.rejects(fetch.request({ url }), failed("name_not_resolved", "before_sending"));
    const silent = openFetch(t, { resolve: () => new Promise(() => {}) });
    const asked = silent.request({ url, totalMs: 100 });
    await assert.rejects(asked, failed("timeout", "before_sending"));
  });

  test("G7 says the same of an open, a closed and a silent port inside", async (t) => {
    const inside = await serveHttp(t, (_, answer) => answer.end("inside"));
    const fetch = openFetch(t, { allow: [], resolve: async () => ["127.0.0.1"] });
    const seen = new Set<string>();
    for (const host of [`127.0.0.1:${inside.port}`, "127.0.0.1:1", "10.255.255.1"]) {
      const name = `inside.example:${host.split(":")[1] ?? 443}`;
      for (const url of [`https://${host}/`, `https://${name}/`]) {
        await assert.rejects(fetch.request({ url }), (error) => seen.add(String(error)) === seen);
      }
    }
    assert.equal(seen.size, 1, [...seen].join("\n"));
    assert.equal(inside.connections(), 0);
  });
});

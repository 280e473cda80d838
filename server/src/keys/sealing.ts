import { createCipheriv, createDecipheriv, hkdfSync } from "node:crypto";
import type { DataKeyRecord } from "../store/records.ts";
import type { KeyStore } from "../store/store.ts";
import { newId, type System } from "../system.ts";
import { MasterKeyRefused, type MasterKey } from "./master-key.ts";

/**
 * Encryption at rest. Each tenant has a data key, kept wrapped under the master key: rotating the
 * master key re-wraps a few rows, deleting a tenant's data key shreds all its secrets. There is no
 * plaintext mode. AES-256-GCM; the associated data ties a ciphertext to its tenant, use and row.
 */

export interface Place {
  tenantId: string;
  /** What is sealed, for example `credential.secret`. It never changes. */
  label: string;
  rowId: string;
}

export interface Sealer {
  seal(place: Place, plainText: string): string;
  /** Throws when the text was sealed elsewhere, altered, or under a key that is gone. */
  open(place: Place, sealed: string): string;
  /** A key for something else than sealing, such as authenticating cursors. */
  deriveKey(tenantId: string, use: string): Buffer;
}

interface DataKey {
  id: string;
  key: Buffer;
}

/** A new data key, wrapped, for a tenant that is about to be made. */
export function createDataKey(
  system: System,
  masterKey: MasterKey,
  tenantId: string,
): DataKeyRecord {
  const id = newId(system, "dky_");
  return {
    id,
    tenantId,
    masterKeyId: masterKey.id,
    wrappedKey: wrap(system, masterKey, id, system.randomBytes(32)),
    createdAtMs: system.now(),
  };
}

/**
 * Opens all data keys, and wraps those anew that an older master key still holds. Throws
 * `MasterKeyRefused` when a data key cannot be opened: the file belongs to another database.
 */
export async function openSealer(
  system: System,
  masterKeys: MasterKey[],
  store: KeyStore,
): Promise<Sealer> {
  const byTenant = new Map<string, DataKey>();
  const byId = new Map<string, DataKey>();
  for (const record of await store.listDataKeys()) {
    const dataKey = { id: record.id, key: unwrap(masterKeys, record) };
    byTenant.set(record.tenantId, dataKey);
    byId.set(record.id, dataKey);
    const active = masterKeys[0]!;
    if (record.masterKeyId === active.id) continue;
    await store.rewrapDataKey({
      id: record.id,
      fromMasterKeyId: record.masterKeyId,
      masterKeyId: active.id,
      wrappedKey: wrap(system, active, record.id, dataKey.key),
    });
  }
  return sealerOf(system, byTenant, byId);
}

function sealerOf(
  system: System,
  byTenant: Map<string, DataKey>,
  byId: Map<string, DataKey>,
): Sealer {
  const dataKeyOf = (tenantId: string): DataKey => {
    const dataKey = byTenant.get(tenantId);
    if (dataKey === undefined) throw new Error(`no data key for tenant ${tenantId}`);
    return dataKey;
  };
  return {
    seal(place, plainText) {
      const { id, key } = dataKeyOf(place.tenantId);
      return `v1.${id}.${encrypt(system, key, associatedData(place), Buffer.from(plainText))}`;
    },
    open(place, sealed) {
      const [version, id = "", cipherText = "", ...rest] = sealed.split(".");
      const dataKey = byId.get(id);
      if (version !== "v1" || dataKey === undefined) throw new Error("sealed under an unknown key");
      if (rest.length > 0) throw new Error("there is more than was sealed");
      return decrypt(dataKey.key, associatedData(place), cipherText).toString();
    },
    deriveKey(tenantId, use) {
      return Buffer.from(hkdfSync("sha256", dataKeyOf(tenantId).key, "", use, 32));
    },
  };
}

/** Lengths are part of it, so that no two places read alike. */
function associatedData({ tenantId, label, rowId }: Place): Buffer {
  return Buffer.from(JSON.stringify([tenantId, label, rowId]));
}

const ivBytes = 12;
const tagBytes = 16;

function encrypt(system: System, key: Buffer, associated: Buffer, plain: Buffer): string {
  const iv = system.randomBytes(ivBytes);
  const cipher = createCipheriv("aes-256-gcm", key, iv).setAAD(associated);
  const parts = [iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()];
  return Buffer.concat(parts).toString("base64url");
}

function decrypt(key: Buffer, associated: Buffer, cipherText: string): Buffer {
  const bytes = Buffer.from(cipherText, "base64url");
  // Base64 has several spellings of the same bytes: only the one that was written is read.
  if (bytes.toString("base64url") !== cipherText) throw new Error("a sealed text was altered");
  const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, ivBytes), {
    authTagLength: tagBytes,
  });
  decipher.setAAD(associated).setAuthTag(bytes.subarray(-tagBytes));
  return Buffer.concat([decipher.update(bytes.subarray(ivBytes, -tagBytes)), decipher.final()]);
}

function wrap(system: System, masterKey: MasterKey, dataKeyId: string, key: Buffer): string {
  return encrypt(system, masterKey.key, Buffer.from(dataKeyId), key);
}

function unwrap(masterKeys: MasterKey[], record: DataKeyRecord): Buffer {
  const masterKey = masterKeys.find(({ id }) => id === record.masterKeyId);
  if (masterKey === undefined) {
    throw new MasterKeyRefused(
      `This database was sealed with master key ${record.masterKeyId}, ` +
        `but the key file holds ${masterKeys.map(({ id }) => id).join(", ")}. ` +
        "Put the right file in place; without it the secrets in the database cannot be read.",
    );
  }
  try {
    return decrypt(masterKey.key, Buffer.from(record.id), record.wrappedKey);
  } catch {
    throw new MasterKeyRefused(
      `Data key ${record.id} cannot be opened with its master key ${masterKey.id}: ` +
        "its row was altered. Restore the table data_keys from a backup.",
    );
  }
}

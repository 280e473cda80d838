import { connect } from "node:net";

/** One connection that is kept open, with one request on its way at a time. */
export interface Connection {
  send(request: Buffer): void;
  /** Of the last answer. */
  body(): string;
  close(): void;
}

const bufferBytes = 65_536;
const nothing = Buffer.alloc(0);
const headEnd = Buffer.from("\r\n\r\n");
const lengthPattern = /\r\ncontent-length: (\d+)/i;

export interface ConnectionEvents {
  onOpen(connection: Connection): void;
  /** An answer is complete. */
  onAnswer(connection: Connection, status: number): void;
  /** The server ended the connection, or does not say how long its answers are. */
  onFailure(connection: Connection, message: string): void;
}

export function openConnection(port: number, events: ConnectionEvents): Connection {
  let received: Buffer = nothing;
  let body: Buffer = nothing;
  let isClosed = false;

  function read(bytes: number): boolean {
    const chunk = buffer.subarray(0, bytes);
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    const end = received.indexOf(headEnd);
    const head = end === -1 ? undefined : received.toString("latin1", 0, end);
    const length = head === undefined ? 0 : lengthOf(head);
    if (Number.isNaN(length)) return fail("an answer does not say how long it is");
    const bodyStart = end + headEnd.length;
    if (head === undefined || received.length < bodyStart + length) {
      // The next chunk overwrites the buffer that this one lies in.
      received = Buffer.from(received);
      return true;
    }
    body = received.subarray(bodyStart);
    received = nothing;
    events.onAnswer(connection, Number(head.slice(9, 12)));
    return !isClosed;
  }
  function fail(message: string): boolean {
    if (isClosed) return false;
    connection.close();
    events.onFailure(connection, message);
    return false;
  }

  const buffer = Buffer.allocUnsafe(bufferBytes);
  const onread = { buffer, callback: read };
  const socket = connect({ port, host: "127.0.0.1", noDelay: true, onread });
  const connection: Connection = {
    send: (request) => void socket.write(request),
    body: () => body.toString(),
    close() {
      isClosed = true;
      socket.destroy();
    },
  };
  socket.on("connect", () => events.onOpen(connection));
  socket.on("error", ({ message }) => fail(message));
  socket.on("close", () => fail("the server ended a connection"));
  return connection;
}

const lengthOf = (head: string): number => Number(lengthPattern.exec(head)?.[1] ?? Number.NaN);

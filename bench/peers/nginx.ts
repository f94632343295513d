import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Peer } from "./peer.ts";
import { debianFolder, outputOf } from "./peers-folder.ts";

const system = "/usr/sbin/nginx";

/** nginx as a plain reverse proxy: a floor. That of the system, else Debian's, unpacked. */
export const nginx: Peer = {
  name: "nginx",
  title: "nginx, plain proxy",
  kind: "floor",
  async install() {
    // It tells its version on standard error; Debian's file name would need another question.
    const said = await outputOf("sh", ["-c", `"${await binary()}" -v 2>&1`]);
    return said.trim().split("/").at(-1) ?? "unknown";
  },
  async launch({ port, upstreamURL, folder }) {
    const file = join(folder, "nginx.conf");
    writeFileSync(file, configuration(port, new URL(upstreamURL).host, folder));
    return {
      command: [await binary(), "-c", file, "-p", folder, "-e", join(folder, "error.log")],
      wire: { protocol: "openai" },
    };
  },
};

async function binary(): Promise<string> {
  if (existsSync(system)) return system;
  // Debian 12 has the program of nginx-light in nginx.
  const folder = await debianFolder("nginx", ["nginx-light", "nginx"]);
  return join(folder, system);
}

function configuration(port: number, upstream: string, folder: string): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (kind) => `  ${kind}_temp_path ${folder}/${kind};`,
  );
  return `worker_processes 1;
daemon off;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log error;
events { worker_connections 8192; }
http {
${temporary.join("\n")}
  access_log off;
  keepalive_requests 1000000000;
  client_max_body_size 32m;
  upstream mock { server ${upstream}; keepalive 1024; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      proxy_pass http://mock;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
    }
  }
}
`;
}

import { Suspense } from "react";
import { start } from "../start.tsx";
import { ReferencePage } from "./reference-page.tsx";

start(
  <Suspense>
    <ReferencePage />
  </Suspense>,
);

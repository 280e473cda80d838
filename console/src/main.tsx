import { RouterProvider } from "react-router/dom";
import { router } from "./routes.tsx";
import { start } from "./start.tsx";

start(<RouterProvider router={router} />);

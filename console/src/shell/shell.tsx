import { AppShell, Burger } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Suspense } from "react";
import { Link, ScrollRestoration, useNavigation } from "react-router";
import { timeZoneInWords } from "../parts/time.tsx";
import { SecretDialog } from "../app-clients/secret-dialog.tsx";
import { AccountMenu } from "./account-menu.tsx";
import mark from "./mark.svg";
import { Navigation } from "./navigation.tsx";
import { PageLoading } from "./page-states.tsx";
import { PermittedPage } from "./permitted-page.tsx";
import css from "./shell.module.css";

/** The frame of every page: where one can go, who one is, and which clock is meant. */
export function Shell() {
  const [isOpen, { toggle, close }] = useDisclosure();
  return (
    <Suspense fallback={<PageLoading />}>
      <a className={css["skip"]} href="#content">
        Skip to the content
      </a>
      <AppShell
        layout="alt"
        header={{ height: { base: 56, md: 0 } }}
        navbar={{ width: 248, breakpoint: "md", collapsed: { mobile: !isOpen } }}
      >
        <AppShell.Header className={css["bar"]} hiddenFrom="md">
          <Burger opened={isOpen} onClick={toggle} size="sm" aria-label="Navigation" />
          <Brand />
        </AppShell.Header>
        <AppShell.Navbar className={css["side"]}>
          <div className={css["top"]}>
            <Brand />
            <Burger
              opened
              onClick={close}
              size="sm"
              hiddenFrom="md"
              aria-label="Close navigation"
            />
          </div>
          <Navigation onLeave={close} />
          <div className={css["foot"]}>
            <p className={css["zone"]}>Times are in {timeZoneInWords()}</p>
            <AccountMenu />
          </div>
        </AppShell.Navbar>
        <AppShell.Main>
          <Progress />
          <div className={css["content"]} id="content" tabIndex={-1}>
            <Suspense fallback={<PageLoading />}>
              <PermittedPage />
            </Suspense>
          </div>
        </AppShell.Main>
      </AppShell>
      <SecretDialog />
      <ScrollRestoration />
    </Suspense>
  );
}

const Brand = () => (
  <Link to="/" className={css["brand"]}>
    <img src={mark} alt="" width={24} height={24} />
    Countersign
  </Link>
);

/** A thin line while the next page loads; the present one stays. */
function Progress() {
  const { state } = useNavigation();
  return state === "idle" ? null : (
    <div className={css["progress"]} role="status" aria-label="Loading" />
  );
}

/* Tells the service the browser's time zone, in which its pages then show times. */
(() => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!zone) {
    return;
  }
  const secure = window.location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `kw_time_zone=${zone}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
})();

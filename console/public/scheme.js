// Sets the colour scheme before the first paint. A file of its own, because the policy allows no inline script.
;(function () {
  var kept = null
  try {
    kept = localStorage.getItem('freehold.scheme')
  } catch {
    // Storage is switched off: the system's scheme it is.
  }
  var scheme = kept === 'light' || kept === 'dark' ? kept : matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'
  document.documentElement.setAttribute('data-mantine-color-scheme', scheme)
})()

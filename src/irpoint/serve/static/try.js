// Send a chosen file to /detect and show the answer.
"use strict";

const form = document.getElementById("try");
const answer = document.getElementById("answer");

async function detect(file, token) {
  const response = await fetch(`/detect?source=${encodeURIComponent(file.name)}`, {
    method: "POST",
    body: file,
    headers: {
      "Content-Type": "application/octet-stream",
      ...(token && { Authorization: `Bearer ${token}` }),
    },
  });
  return `${response.status} ${response.statusText}\n${JSON.stringify(await response.json(), null, 1)}`;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  answer.hidden = false;
  answer.textContent = "…";
  try {
    answer.textContent = await detect(
      document.getElementById("file").files[0], document.getElementById("token").value,
    );
  } catch (error) {
    answer.textContent = `no answer: ${error.message}`;
  }
});

# The deployed app on the official Functions image, for those who host it themselves: docs/deploy.md, "On Kubernetes".
#   docker build --tag speechdrop .                               the pipeline
#   docker build --tag speechdrop --build-arg SERVICE=true .      and the speech service with its engine
#   docker build --tag speechdrop --build-arg AUDIO_BOOKS=true .  the pipeline, and audio books (.m4b) of its results
# With either the image holds PyAV, whose wheel brings FFmpeg along with libx264 and libx265 (GPL-2.0-or-later):
# nothing of Speechdrop calls these two, but who passes such an image on passes them on. The default has none of it.
ARG BASE=mcr.microsoft.com/azure-functions/python:4-python3.12

FROM ${BASE} AS staged
ARG SERVICE=false
ARG AUDIO_BOOKS=false
COPY . /src
RUN SELF_HOSTED_SERVICE=${SERVICE} AUDIO_BOOKS=${AUDIO_BOOKS} python /src/infra/hooks/stage.py

FROM ${BASE}
ARG SERVICE=false
# AMR-WB, one of the API's formats, is spoken through this library (Apache-2.0).
RUN if [ "${SERVICE}" = true ]; then \
      apt-get update \
      && apt-get install --yes --no-install-recommends libvo-amrwbenc0 \
      && rm -rf /var/lib/apt/lists/*; \
    fi
WORKDIR /home/site/wwwroot
# Apart from the code, so that a change of the code installs nothing anew.
COPY --from=staged /src/dist/requirements.txt /src/dist/constraints.txt ./
RUN pip install --no-cache-dir --disable-pip-version-check --requirement requirements.txt
COPY --from=staged /src/dist ./
# Another port than the image's 80, which only root may open.
ENV AzureWebJobsScriptRoot=/home/site/wwwroot \
    ASPNETCORE_URLS=http://+:8080 \
    AzureFunctionsJobHost__Logging__Console__IsEnabled=true
EXPOSE 8080
